//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// cardEnv returns the variables under which the program finds a card: those of the environment,
// else of an emulator built now. Without a C++ compiler the test is left out, but not in CI.
func cardEnv(t *testing.T) []string {
	t.Helper()
	var env []string
	for _, name := range []string{"ELBO_CUDA_DRIVER", "ELBO_CUDA_BLAS", "ELBO_CUDA_NVRTC"} {
		if v := os.Getenv(name); v != "" && v != "off" {
			env = append(env, name+"="+v)
		}
	}
	if len(env) == 0 {
		c := exec.Command("go", "run", "-tags", "elbo_cuda", "elbo/kernels/cuda/internal/emulator/env")
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil && os.Getenv("CI") != "true" {
			t.Skipf("the emulator cannot be built (it needs g++): %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			v := strings.TrimPrefix(strings.TrimSpace(line), "export ")
			env = append(env, strings.ReplaceAll(v, "'", ""))
		}
	}
	base, err := os.UserCacheDir()
	if err != nil {
		base = t.TempDir()
	}
	// Kernels compiled by earlier runs are used again; images are kept for this run alone.
	return append(env, "XDG_CACHE_HOME="+base, "ELBO_CACHE_DIR="+t.TempDir())
}

// TestCUDAScripts runs the scripts of testdata/cuda: the program on a card as a shell sees it.
func TestCUDAScripts(t *testing.T) {
	env := cardEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/cuda",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "json": jsonAt, "near": near},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir)
			for _, v := range env {
				name, value, _ := strings.Cut(v, "=")
				e.Setenv(name, value)
			}
			return nil
		},
	})
}

// near compares the bounds of two metrics files step by step: near a.jsonl b.jsonl 1e-3, relative.
func near(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: near FILE FILE TOLERANCE")
	}
	tol, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	a, b := boundsOf(ts, args[0]), boundsOf(ts, args[1])
	if len(a) == 0 || len(a) != len(b) {
		ts.Fatalf("%s has %d bounds, %s has %d", args[0], len(a), args[1], len(b))
	}
	for step, x := range a {
		if y, ok := b[step]; !ok || !(math.Abs(x-y) <= tol*math.Abs(x)) {
			ts.Fatalf("step %d: bounds %v and %v (there: %t)", step, x, y, ok)
		}
	}
}

// boundsOf reads the bounds of metrics.jsonl by step.
func boundsOf(ts *testscript.TestScript, path string) map[int64]float64 {
	out := map[int64]float64{}
	for d := json.NewDecoder(strings.NewReader(ts.ReadFile(path))); d.More(); {
		var m struct {
			Step int64
			Elbo float64
		}
		ts.Check(d.Decode(&m))
		out[m.Step] = m.Elbo
	}
	return out
}

// documented are the exit codes a failed CUDA call may lead to; 0 where nothing depended on it.
var documented = map[int]bool{0: true, 69: true, 70: true, 71: true, 75: true}

// TestCUDAFailureAtAnyCall makes CUDA calls of a small fit fail, one in each run and in all runs
// together over the whole fit: no run hangs or crashes, every one ends with a documented code, and a
// lost card with 75. ELBO_SLOW=1 fails every call with every code.
func TestCUDAFailureAtAnyCall(t *testing.T) {
	env := append(os.Environ(), cardEnv(t)...)
	dir := t.TempDir()
	output(t, dir, 0, "data", "gen", "--rows", "40", "--cols", "1", "--factors", "0", "--out", "d.csv")
	fails := func(plan string) (code int, stderr string) {
		c := command(t, dir, "fit", "-q", "--data", "d.csv", "--formula", "y ~ x1", "--guide", "map", "--draws", "20",
			"--max-steps", "6", "--device", "cuda")
		c.Env = append(env, "ELBO_EMU_INJECT="+plan)
		var text bytes.Buffer
		c.Stderr = &text
		return wait(t, c), text.String()
	}
	calls := countCalls(t, fails)
	codes, stride := []int{2, 719, 999}, max(calls/9, 1)
	if os.Getenv("ELBO_SLOW") != "" {
		codes, stride = []int{1, 2, 100, 201, 304, 400, 700, 719, 801, 999}, 1
	}
	for i := 0; i < calls; i += stride {
		for k, code := range codes {
			if stride > 1 && (i/stride)%len(codes) != k {
				continue
			}
			got, stderr := fails(fmt.Sprintf("%d=%d", i, code))
			if !documented[got] {
				t.Errorf("call %d fails with %d: exit code %d\n%s", i, code, got, stderr)
			}
			if strings.Contains(stderr, "emulator: ") && !strings.Contains(stderr, "emulator: leak") {
				t.Errorf("call %d fails with %d: the emulator complains\n%s", i, code, stderr)
			}
		}
	}
	if got, stderr := fails(fmt.Sprintf("%d+=719", calls/2)); got != 75 {
		t.Errorf("a card lost for good: exit code %d, want 75\n%s", got, stderr)
	}
	if got, stderr := fails("cuMemAlloc:3=2"); got != 71 {
		t.Errorf("no memory: exit code %d, want 71\n%s", got, stderr)
	}
	t.Logf("%d calls", calls)
}

// countCalls finds how many calls a fit makes: all from the last one on may fail without an effect.
func countCalls(t *testing.T, fails func(string) (int, string)) int {
	t.Helper()
	from, to := 64, 1<<15 // the first has an effect, the other none
	for to-from > to/8 {
		mid := (from + to) / 2
		if code, _ := fails(fmt.Sprintf("%d+=999", mid)); code == 0 {
			to = mid
		} else {
			from = mid
		}
	}
	return from
}

// wait runs a command to its end, which must come.
func wait(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		return exitCode(t, err)
	case <-time.After(4 * patience):
		_ = c.Process.Kill()
		t.Fatalf("%s hangs with %s", filepath.Base(c.Path), c.Env[len(c.Env)-1])
	}
	return -1
}
