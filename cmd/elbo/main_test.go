package main

import (
	"bytes"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"elbo/cmd/internal/exit"
)

// TestPanicsAreTold: a bug ends with one block of text, the command, and exit code 70.
func TestPanicsAreTold(t *testing.T) {
	var out, stderr bytes.Buffer
	env := func(name string) (string, bool) {
		if name == "NO_COLOR" {
			panic("a bug")
		}
		return "", false
	}
	a := &app{in: strings.NewReader(""), out: &out, err: &stderr, env: env}
	if code := a.main([]string{"doctor"}); code != exit.Internal {
		t.Errorf("exit code %d, want 70", code)
	}
	for _, want := range []string{"internal error: a bug", "please report", "elbo doctor"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, stderr.String())
		}
	}
}

func TestJoinOptional(t *testing.T) {
	for in, want := range map[string]string{
		"fit --require-khat 0.6 --json":  "fit --require-khat=0.6 --json",
		"fit --require-khat --json":      "fit --require-khat --json",
		"fit --require-khat=0.6 x":       "fit --require-khat=0.6 x",
		"fit --require-khat":             "fit --require-khat",
		"fit --draws 5 --require-khat 1": "fit --draws 5 --require-khat=1",
	} {
		if got := joinOptional(strings.Fields(in)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%s becomes %q", in, got)
		}
	}
}

// TestStart: the tool is up in 30 ms. The best of many starts is what the program needs; the
// rest is what else the machine was doing.
func TestStart(t *testing.T) {
	best := time.Hour
	for range 20 {
		c := exec.Command("elbo", "version")
		c.Stdout = io.Discard
		start := time.Now()
		if err := c.Run(); err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(start))
	}
	limit := 30 * time.Millisecond
	if raceEnabled {
		limit = 300 * time.Millisecond // the race detector's own start
	}
	if best > limit {
		t.Errorf("elbo version takes %v, want at most %v", best, limit)
	}
}
