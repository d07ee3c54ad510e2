//go:build elbo_cuda

package emulator

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

//go:embed src
var source embed.FS

// Build compiles the emulator's shared object into dir, or into the user's cache directory
// where dir is empty, and returns its path. One built from the same source by the same compiler
// is used again. The compiler is g++, or what ELBO_EMU_CXX names; the processor must be an amd64.
func Build(dir string) (string, error) {
	if runtime.GOARCH != "amd64" {
		return "", fmt.Errorf("emulator: Build: it is written for amd64, and this machine is %s: use another", runtime.GOARCH)
	}
	cxx, err := exec.LookPath(compiler())
	if err != nil {
		return "", fmt.Errorf("emulator: Build: needs %s (install g++ or set ELBO_EMU_CXX): %w", compiler(), err)
	}
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("emulator: Build: no cache directory, set XDG_CACHE_HOME: %w", err)
		}
		dir = filepath.Join(cache, "elbo-emulator")
	}
	key, err := sourceKey(cxx)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "libelboemulator-"+key+".so")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("emulator: Build: %w", err)
	}
	return path, compile(cxx, path)
}

// Env returns the settings, as NAME=value, under which the loader takes the shared object at
// path for the driver, cuBLAS and NVRTC.
func Env(path string) []string {
	return []string{"ELBO_CUDA_DRIVER=" + path, "ELBO_CUDA_BLAS=" + path, "ELBO_CUDA_NVRTC=" + path}
}

func compiler() string {
	if s := os.Getenv("ELBO_EMU_CXX"); s != "" {
		return s
	}
	return "g++"
}

// flags of the shared object. It runs on the machine that builds it.
var flags = []string{
	"-std=c++17", "-O1", "-march=native", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-pthread",
}

// sourceKey names the source, the flags, the compiler's version and the processor.
func sourceKey(cxx string) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(source, "src", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := source.ReadFile(path)
		fmt.Fprintf(h, "%s %d\n%s", path, len(text), text)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("emulator: Build: %w", err)
	}
	target, err := exec.Command(cxx, "-march=native", "-Q", "--help=target", "--version").Output()
	if err != nil {
		return "", fmt.Errorf("emulator: Build: %s --help=target: %w", cxx, err)
	}
	fmt.Fprintf(h, "%s\n%s", strings.Join(flags, " "), target)
	return hex.EncodeToString(h.Sum(nil))[:16], nil
}

// compile writes the sources to a folder of their own, compiles them, and moves the result
// into place, so that two builds at once do no harm.
func compile(cxx, path string) error {
	dir, err := os.MkdirTemp("", "elbo-emulator-build-")
	if err != nil {
		return fmt.Errorf("emulator: Build: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := unpack(dir); err != nil {
		return fmt.Errorf("emulator: Build: %w", err)
	}
	args := append([]string{"-shared", "-o", "out.so"}, flags...)
	args = append(args, whole, "-Wl,--version-script=exports.map", "-Wl,-z,defs", "-ldl")
	cmd := exec.Command(cxx, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("emulator: Build: %s: %w\n%s", cxx, err, out)
	}
	object, err := os.ReadFile(filepath.Join(dir, "out.so"))
	if err != nil {
		return fmt.Errorf("emulator: Build: %w", err)
	}
	part := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := errors.Join(os.WriteFile(part, object, 0o755), os.Rename(part, path)); err != nil {
		return fmt.Errorf("emulator: Build: %w", err)
	}
	return nil
}

// whole is one unit of all sources: the library's headers, most of the work, are read once.
const whole = "whole.cc"

// unpack writes the embedded sources into dir, and the unit that includes them.
func unpack(dir string) error {
	entries, err := source.ReadDir("src")
	if err != nil {
		return err
	}
	var unit strings.Builder
	for _, e := range entries {
		text, err := source.ReadFile("src/" + e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), text, 0o644); err != nil {
			return err
		}
		if strings.HasSuffix(e.Name(), ".cc") {
			fmt.Fprintf(&unit, "#include %q\n", e.Name())
		}
	}
	return os.WriteFile(filepath.Join(dir, whole), []byte(unit.String()), 0o644)
}
