// Command gen writes symbols_gen.h, the rows of package load's table, from the project's CUDA headers
// and the list of functions that package driver calls. Run it in the package's folder (go generate).
package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
)

const (
	headers = "../../include/"
	calls   = "../driver/calls.txt"
	output  = "symbols_gen.h"
)

// libraries are the headers, each with the constant of resolve.h for the library it declares.
var libraries = []struct{ header, constant string }{
	{"cuda.h", "ELBO_DRIVER"},
	{"cublas_v2.h", "ELBO_CUBLAS"},
	{"nvrtc.h", "ELBO_NVRTC"},
}

// prototype matches the first line of a function's declaration.
var prototype = regexp.MustCompile(`(?m)^(CUresult |cublasStatus_t |nvrtcResult |const char \*)(\w+)\(`)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	called, err := readCalls()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("// Code generated from the headers in kernels/cuda/include by gen; DO NOT EDIT.\n")
	b.WriteString("// ELBO_SYMBOL(row, function, library, called by package driver, kind of result)\n")
	row := 0
	for _, l := range libraries {
		text, err := os.ReadFile(headers + l.header)
		if err != nil {
			return err
		}
		for _, m := range prototype.FindAllStringSubmatch(string(text), -1) {
			fmt.Fprintf(&b, "ELBO_SYMBOL(%d, %s, %s, %d, %s)\n", row, m[2], l.constant, count(called, m[2]),
				kind(m[1]))
			row++
		}
	}
	if len(called) > 0 {
		return fmt.Errorf("%s names functions that no header declares: %v", calls, sortedKeys(called))
	}
	return os.WriteFile(output, b.Bytes(), 0o644)
}

// readCalls gives the functions listed in calls.txt.
func readCalls() (map[string]bool, error) {
	text, err := os.ReadFile(calls)
	if err != nil {
		return nil, err
	}
	called := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			called[line] = true
		}
	}
	return called, nil
}

// count is 1 where the function is called; it takes the function off the list.
func count(called map[string]bool, name string) int {
	if !called[name] {
		return 0
	}
	delete(called, name)
	return 1
}

// kind says whether a function returns a status or text.
func kind(result string) string {
	if strings.HasPrefix(result, "const char") {
		return "ELBO_TEXT"
	}
	return "ELBO_STATUS"
}

func sortedKeys(set map[string]bool) []string {
	var keys []string
	for k := range set {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
