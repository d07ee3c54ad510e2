//go:build elbo_cuda && linux

package device

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"elbo/cmd/internal/exit"
)

// TestMain answers for the process that TestWithoutDriver starts: libraries are looked for once a process.
func TestMain(m *testing.M) {
	if os.Getenv("ELBO_TEST_LOOK") == "" {
		os.Exit(m.Run())
	}
	_, err := Open("cuda", 0)
	auto, autoErr := Open("auto", 0)
	if autoErr != nil {
		panic(autoErr)
	}
	msg, hint := exit.Describe(err)
	_, badErr := Open("cuda:x", 0)
	if err := json.NewEncoder(os.Stdout).Encode(looked{int(exit.Of(err)), msg, hint, auto.Report().Name, auto.Why,
		auto.Undecided(), Look(), int(exit.Of(badErr))}); err != nil {
		panic(err)
	}
}

// looked is what a process without a driver finds.
type looked struct {
	Code      int
	Msg, Hint string
	Auto, Why string
	Undecided bool
	Survey    *Survey
	BadCode   int
}

// TestWithoutDriver: a build with cards, on a machine without, says what was looked for and runs on the CPU.
func TestWithoutDriver(t *testing.T) {
	c := exec.Command(os.Args[0])
	c.Env = []string{"ELBO_TEST_LOOK=1", "ELBO_CUDA_DRIVER=off", "ELBO_CUDA_BLAS=off", "ELBO_CUDA_NVRTC=/nonexistent/nvrtc.so"}
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var l looked
	if err := json.Unmarshal(out, &l); err != nil {
		t.Fatal(err)
	}
	if l.Code != int(exit.Unavailable) || l.BadCode != int(exit.Usage) {
		t.Errorf("exit codes %d and %d, want 69 and 64", l.Code, l.BadCode)
	}
	if !strings.Contains(l.Msg, "--device cuda") || !strings.Contains(l.Msg, "ELBO_CUDA_DRIVER=off") {
		t.Errorf("message %q lacks the device or why there is none", l.Msg)
	}
	for _, want := range []string{"nvrtc", "elbo doctor", "--device cpu"} {
		if !strings.Contains(l.Hint, want) {
			t.Errorf("hint %q lacks %q", l.Hint, want)
		}
	}
	if strings.HasPrefix(l.Auto, "cuda") || l.Undecided || !strings.Contains(l.Why, "ELBO_CUDA_DRIVER=off") {
		t.Errorf("auto is %q, undecided %t, because %q", l.Auto, l.Undecided, l.Why)
	}
	if l.Survey == nil || len(l.Survey.Libraries) != 3 || len(l.Survey.Cards) != 0 || l.Survey.Problem == "" {
		t.Fatalf("survey %+v", l.Survey)
	}
	if n := l.Survey.Libraries[2]; n.Problem == "" || len(n.Tried) == 0 || !strings.Contains(n.Tried[0], "/nonexistent/nvrtc.so") {
		t.Errorf("a chosen path that is not there is not told: %+v", n)
	}
}
