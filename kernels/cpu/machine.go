//go:build cgo

package cpu

import (
	"bufio"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// modelName returns the processor's name where the system tells it, else its architecture.
func modelName() string {
	for _, key := range []string{"model name", "Model", "Hardware"} {
		if v := procField("/proc/cpuinfo", key); v != "" {
			return v
		}
	}
	return runtime.GOARCH
}

// memoryBytes returns the machine's memory, 0 where the system does not tell.
func memoryBytes() int64 {
	kb, _, _ := strings.Cut(procField("/proc/meminfo", "MemTotal"), " ")
	n, err := strconv.ParseInt(kb, 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// procField returns the value of the first "key: value" line of a file, "" where there is none.
func procField(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if k, v, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
