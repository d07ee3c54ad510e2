//go:build elbo_cuda && linux

package lower

import (
	"os"
	"testing"

	"elbo/kernels"
	"elbo/kernels/cuda/internal/driver"
)

// TestSourceCompilesForCards has NVIDIA's own compiler make code for a card of a program with every op,
// as launches and, where it can be, as one kernel. It needs no card: the compiler comes from a toolkit,
// or from make cuda-nvrtc. ELBO_REAL_NVRTC may name its file.
func TestSourceCompilesForCards(t *testing.T) {
	if testing.Short() {
		t.Skip("NVIDIA's compiler takes some seconds for every op")
	}
	t.Setenv("ELBO_CUDA_NVRTC", os.Getenv("ELBO_REAL_NVRTC")) // not the emulator's
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX", "CUDA_HOME", "CUDA_PATH", "LD_LIBRARY_PATH"} {
		_ = os.Getenv(name) // the loader reads these in C: a cached result must not outlive their change
	}
	version, err := driver.CompilerVersion()
	if err != nil {
		t.Skipf("NVIDIA's compiler is not here (make cuda-nvrtc fetches it): %v", err)
	}
	for arch, dt := range map[string]kernels.DType{"sm_90": kernels.F32, "compute_75": kernels.F64} {
		for _, p := range texts(dt) {
			compiled(t, p, version, arch)
		}
	}
}

// compiled has the compiler make code of a program.
func compiled(t *testing.T, p *kernels.Program, version any, arch string) {
	t.Helper()
	plan, err := Lower(p)
	if err != nil {
		t.Fatal(err)
	}
	sources := []string{plan.Source}
	if w := plan.Whole(p); w != nil {
		sources = append(sources, w.Source)
	}
	for _, text := range sources {
		options := []string{"--gpu-architecture=" + arch, "--std=c++17", "--fmad=false"}
		image, log, err := driver.Compile(text, nil, options)
		if err != nil || log != "" || len(image) == 0 {
			t.Errorf("NVRTC %v, %s for %s: %d bytes, log %.2000q, %.2000v", version, p.Name, arch, len(image), log, err)
		}
	}
}
