//go:build elbo_cuda && linux

package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/cu"
	cublas "gorgonia.org/cu/blas"
	"gorgonia.org/cu/nvrtc"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/load"
)

// report is what a process finds, given one environment.
type report struct {
	Libraries []found
	Devices   int    // of cu.NumDevices
	DevErr    string // of cu.NumDevices
	ListErr   string // of Devices
	NoGPU     bool   // whether the latter is kernels.ErrUnavailable
	Sync      string // cu.Synchronize
	Clamp     string // cu.TexRef.SetMipmapLevelClamp(12, 34)
	Blas      string // cublas.Standard.Init
	Compiler  string // nvrtc.Version
	Compile   string // Compile
	Unknown   string // text of a driver error
	Images    []string
}

// found is a load.Library with its error as text.
type found struct {
	load.Library
	Err string
}

// look makes a call into each library from several threads at once, then reports.
func look() report {
	var r report
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { _ = cu.Synchronize() })
		wg.Go(func() { _, _, _ = nvrtc.Version() })
	}
	wg.Wait()
	n, err := cu.NumDevices()
	r.Devices, r.DevErr = n, text(err)
	_, err = Devices()
	r.ListErr, r.NoGPU = text(err), errors.Is(err, kernels.ErrUnavailable)
	r.Sync = text(wrap(cu.Synchronize(), "x"))
	r.Clamp = text(wrap(cu.TexRef{}.SetMipmapLevelClamp(12, 34), "x"))
	r.Blas = text(wrapBlas(new(cublas.Standard).Init(), "x"))
	var s cublas.Status
	if err := new(cublas.Standard).Init(); errors.As(err, &s) {
		r.Blas = text(blasError(int(s), "x"))
	}
	_, _, err = nvrtc.Version()
	r.Compiler = text(wrapNVRTC(err, "x", ""))
	_, _, err = Compile("", nil, nil)
	r.Compile = text(err)
	r.Unknown = driverError(2, "x").Error()
	for _, capability := range [][2]int{{9, 0}, {99, 0}} {
		arch, err := Arch(capability[0], capability[1])
		image, _, e := Compile(addSource, nil, []string{"--gpu-architecture=" + arch, "--fmad=false"})
		r.Images = append(r.Images, fmt.Sprintf("%s %.20q %v", arch, image, errors.Join(err, e)))
	}
	for _, l := range load.Libraries() {
		r.Libraries = append(r.Libraries, found{l, text(l.Err)})
	}
	for i := range r.Libraries {
		r.Libraries[i].Library.Err = nil
	}
	return r
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// observe runs look in a process with the given environment and no other sign of CUDA.
func observe(t *testing.T, env ...string) report {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append([]string{"ELBO_TEST_REPORT=1", "HOME=/nonexistent", "PATH=" + os.Getenv("PATH")}, env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the process failed: %v\n%s", err, out)
	}
	var r report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return r
}

// off switches all three libraries off.
var off = []string{"ELBO_CUDA_DRIVER=off", "ELBO_CUDA_BLAS=off", "ELBO_CUDA_NVRTC=off"}

// fake builds the library of testdata/fake.c under the given name and gives its path.
func fake(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	out, err := exec.Command("gcc", "-shared", "-fPIC", "-o", path, "testdata/fake.c").CombinedOutput()
	if err != nil {
		t.Fatalf("gcc: %v\n%s", err, out)
	}
	return path
}

func TestWithoutLibraries(t *testing.T) {
	r := observe(t, off...)
	if r.Devices != 0 || r.DevErr != "" {
		t.Errorf("%d devices, %q; want 0 and no error", r.Devices, r.DevErr)
	}
	if !r.NoGPU || !strings.Contains(r.ListErr, "ELBO_CUDA_DRIVER=off") {
		t.Errorf("Devices: %q; want kernels.ErrUnavailable with the reason", r.ListErr)
	}
	contains(t, "driver", r.Sync, "(100)")
	contains(t, "cuBLAS", r.Blas, "CUBLAS_STATUS_NOT_INITIALIZED (1)")
	contains(t, "NVRTC", r.Compiler, "(11)")
	contains(t, "Compile", r.Compile, "ELBO_CUDA_NVRTC=off")
	contains(t, "error text", r.Unknown, "CUDA error 2")
	for i, l := range r.Libraries {
		if l.Path != "" || !strings.Contains(l.Err, strings.Replace(off[i], "=off", "", 1)) || len(l.Tried) > 0 {
			t.Errorf("%+v; want nothing tried and the variable named", l)
		}
	}
}

// TestNowhere shows every place that was looked at. It needs a machine without the libraries.
func TestNowhere(t *testing.T) {
	r := observe(t)
	for _, l := range r.Libraries {
		if l.Path != "" {
			t.Skipf("%s is installed", l.Path)
		}
		if l.Err == "" || len(l.Tried) < 3 {
			t.Errorf("%s: error %q after trying %q", l.Name, l.Err, l.Tried)
		}
	}
}

func TestPathNeverFallsBack(t *testing.T) {
	lib := fake(t, "libcuda.so.1")
	r := observe(t, "LD_LIBRARY_PATH="+filepath.Dir(lib), "ELBO_CUDA_DRIVER=/nonexistent/libcuda.so.1", off[1], off[2])
	d := r.Libraries[0]
	if d.Path != "" || len(d.Tried) != 1 || !strings.Contains(d.Err, "/nonexistent/libcuda.so.1") {
		t.Errorf("%+v; want the one path tried", d)
	}
	if r.Devices != 0 || !r.NoGPU {
		t.Errorf("%d devices, unavailable %t", r.Devices, r.NoGPU)
	}
}

func TestFoundByName(t *testing.T) {
	lib := fake(t, "libcuda.so.1")
	r := observe(t, "LD_LIBRARY_PATH="+filepath.Dir(lib), off[1], off[2])
	if d := r.Libraries[0]; filepath.Base(d.Path) != "libcuda.so.1" || d.Version != "12.4" || d.Err != "" {
		t.Errorf("%+v; want %s, version 12.4", d, lib)
	}
}

// TestOlderThanDriverFirst has libraries of CUDA 13 and 12 and a driver of 12.4, which may not run
// what CUDA 13 makes.
func TestOlderThanDriverFirst(t *testing.T) {
	driver, home := fake(t, "libcuda.so.1"), t.TempDir()
	image, err := os.ReadFile(driver)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"libcublas.so.13", "libcublas.so.12", "libnvrtc.so.13", "libnvrtc.so.11.2"} {
		dir := filepath.Join(home, "lib64")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		// A copy: a link would be the same library.
		if err := os.WriteFile(filepath.Join(dir, name), image, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r := observe(t, "ELBO_CUDA_DRIVER="+driver, "CUDA_HOME="+home)
	for i, want := range []string{"libcuda.so.1", "libcublas.so.12", "libnvrtc.so.11.2"} {
		l := r.Libraries[i]
		if i > 0 && l.Path != "" && !strings.HasPrefix(l.Path, home) {
			t.Skipf("%s is installed", l.Path)
		}
		if filepath.Base(l.Path) != want {
			t.Errorf("%s came from %q, want %s", l.Name, l.Path, want)
		}
	}
}

func TestMissingSymbols(t *testing.T) {
	lib := fake(t, "libeverything.so")
	r := observe(t, "ELBO_CUDA_DRIVER="+lib, "ELBO_CUDA_BLAS="+lib, "ELBO_CUDA_NVRTC="+lib)
	if r.Devices != 3 {
		t.Errorf("%d devices, want 3", r.Devices)
	}
	contains(t, "driver", r.Sync, "(801)")
	contains(t, "floating-point arguments", r.Clamp, "error 1234 (1234)")
	contains(t, "cuBLAS", r.Blas, "CUBLAS_STATUS_EXECUTION_FAILED (13)")
	contains(t, "NVRTC", r.Compile, "nvrtcCreateProgram: InternalError (11)")
	if r.Compiler != "" {
		t.Errorf("nvrtcVersion: %s", r.Compiler)
	}
	for i, want := range []struct{ version, missing, present string }{
		{"12.4", "cuCtxSynchronize", "cuDeviceGetCount"},
		{"12.13.14", "cublasSgemm_v2", "cublasGetProperty"},
		{"12.4", "nvrtcCreateProgram", "nvrtcVersion"},
	} {
		l := r.Libraries[i]
		if l.Version != want.version {
			t.Errorf("%s version %q, want %q", l.Name, l.Version, want.version)
		}
		if !slices.Contains(l.Missing, want.missing) || slices.Contains(l.Missing, want.present) {
			t.Errorf("%s lacks %q; want %s among them and not %s", l.Name, l.Missing, want.missing, want.present)
		}
		if slices.Contains(l.Missing, "cuTexRefSetArray") {
			t.Errorf("%s: a function nobody calls is called missing", l.Name)
		}
	}
}

func TestInitFails(t *testing.T) {
	lib := fake(t, "libcuda.so.1")
	r := observe(t, "ELBO_CUDA_DRIVER="+lib, "FAKE_INIT=803", off[1], off[2])
	if r.Devices != 0 || r.DevErr != "" || !r.NoGPU {
		t.Errorf("%d devices, %q, unavailable %t; want 0 without an error", r.Devices, r.DevErr, r.NoGPU)
	}
	contains(t, "driver", r.Sync, "(803)")
	contains(t, "reason", r.ListErr, "cuInit returns 803")
	if d := r.Libraries[0]; d.Version != "12.4" || !strings.Contains(d.Err, "cuInit returns 803") {
		t.Errorf("%+v; want version 12.4 and cuInit's status", d)
	}
}

// TestRealNVRTC compiles with NVIDIA's own compiler where the loader finds one, which needs no GPU. It
// comes from a toolkit or from the Python wheel nvidia-cuda-nvrtc-cu12 in an active environment.
func TestRealNVRTC(t *testing.T) {
	env := []string{off[0], off[1]}
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH", "LD_LIBRARY_PATH", "HOME"} {
		env = append(env, name+"="+os.Getenv(name))
	}
	if path := os.Getenv("ELBO_REAL_NVRTC"); path != "" {
		env = append(env, "ELBO_CUDA_NVRTC="+path)
	}
	r := observe(t, env...)
	l := r.Libraries[2]
	if l.Path == "" {
		t.Skipf("no NVRTC here: %s", l.Err)
	}
	if len(l.Missing) > 0 || l.Version == "" {
		t.Errorf("%s, version %q, lacks %q", l.Path, l.Version, l.Missing)
	}
	for i, want := range []string{`^sm_90 "\\x7fELF.* <nil>$`, `^compute_\d+ "//.* <nil>$`} {
		if !regexp.MustCompile(want).MatchString(r.Images[i]) {
			t.Errorf("%s gives %s, want %s", l.Path, r.Images[i], want)
		}
	}
}

// TestOnlyLibc holds the program to be startable anywhere.
func TestOnlyLibc(t *testing.T) {
	out, err := exec.Command("ldd", os.Args[0]).CombinedOutput()
	if err != nil {
		t.Skipf("ldd: %v", err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name := filepath.Base(strings.Fields(line)[0])
		switch {
		case strings.HasPrefix(name, "linux-vdso"), strings.HasPrefix(name, "ld-linux"):
		case slices.Contains([]string{"libc.so.6", "libdl.so.2", "libpthread.so.0", "libresolv.so.2"}, name):
		default:
			t.Errorf("the program needs %s", line)
		}
	}
}

func contains(t *testing.T, what, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("%s: %q, want %q in it", what, got, want)
	}
}
