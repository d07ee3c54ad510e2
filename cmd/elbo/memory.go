package main

import (
	"os"
	"strconv"
	"strings"
)

// totalMemory returns the memory this process may use in bytes: the machine's, or its
// container's limit where that is lower; 0 when unknown.
func totalMemory() int64 {
	total := procMemory()
	for _, path := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && n > 0 &&
			(total == 0 || n < total) {
			total = n
		}
	}
	return total
}

// procMemory reads MemTotal of /proc/meminfo.
func procMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
			n, err := strconv.ParseInt(f[1], 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		}
	}
	return 0
}
