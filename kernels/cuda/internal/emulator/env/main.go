//go:build elbo_cuda

// Command env builds the emulator and prints the shell commands that select it, so that
//
//	eval "$(make -s cuda-emulator-env)"
//
// lets any command built with CUDA run on it.
package main

import (
	"fmt"
	"os"
	"strings"

	"elbo/kernels/cuda/internal/emulator"
)

func main() {
	path, err := emulator.Build("")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, v := range emulator.Env(path) {
		name, value, _ := strings.Cut(v, "=")
		fmt.Printf("export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
}
