//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"elbo/cmd/internal/rundir"
)

// patience bounds every wait of these tests; machines under load are slow, not wrong.
const patience = 60 * time.Second

// endless are options of a fit that neither converges nor runs out of steps by itself.
var endless = []string{"--tolerance", "1e-12", "--max-steps", "1000000000"}

// command prepares a call of the program in a directory.
func command(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command("elbo", args...)
	c.Dir = dir
	return c
}

// output runs a call that must end with the given exit code and returns its standard output.
func output(t *testing.T, dir string, code int, args ...string) []byte {
	t.Helper()
	c := command(t, dir, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if got := exitCode(t, err); got != code {
		t.Fatalf("elbo %s: exit code %d, want %d\n%s", strings.Join(args, " "), got, code, stderr.String())
	}
	return out
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var status *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return status.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// generated returns a directory with data to fit.
func generated(t *testing.T, rows string) string {
	t.Helper()
	dir := t.TempDir()
	output(t, dir, 0, "data", "gen", "--rows", rows, "-o", "d.csv")
	return dir
}

// startFit starts an endless fit and waits until it trains.
func startFit(t *testing.T, dir string, extra ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	args := append([]string{"fit", "--data", "d.csv", "--formula", "y ~ x1 + x2 + f1", "--out", "run"}, endless...)
	return startRun(t, dir, append(args, extra...)...)
}

// startRun starts a training that writes to run and waits until it has metrics.
func startRun(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	c := command(t, dir, args...)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() }) // ended long ago, unless the test failed
	waitFor(t, "metrics", func() bool {
		info, err := os.Stat(filepath.Join(dir, "run", "metrics.jsonl"))
		return err == nil && info.Size() > 0
	})
	return c, &stderr
}

func waitFor(t *testing.T, what string, ready func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ready(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s after %v", what, patience)
		}
	}
}

func checkpoints(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "run", "checkpoints", "step-*.ckpt"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func send(t *testing.T, c *exec.Cmd, s os.Signal) {
	t.Helper()
	if err := c.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// end waits for a fit to end, but not for ever, and returns its exit code.
func end(t *testing.T, c *exec.Cmd) int {
	t.Helper()
	late := time.AfterFunc(patience, func() {
		t.Errorf("the fit did not end within %v", patience)
		_ = c.Process.Kill() // it may have ended just now
	})
	defer late.Stop()
	return exitCode(t, c.Wait())
}

// TestFirstSignalLeavesACheckpoint: INT and TERM end a fit with a checkpoint and the usual
// exit code, and the run goes on from there.
func TestFirstSignalLeavesACheckpoint(t *testing.T) {
	for _, c := range []struct {
		sig  os.Signal
		code int
	}{{syscall.SIGINT, 130}, {syscall.SIGTERM, 143}} {
		t.Run(c.sig.String(), func(t *testing.T) {
			dir := generated(t, "3000")
			fit, stderr := startFit(t, dir)
			send(t, fit, c.sig)
			if got := end(t, fit); got != c.code {
				t.Fatalf("exit code %d, want %d\n%s", got, c.code, stderr)
			}
			if !strings.Contains(stderr.String(), "go on with: elbo fit --resume --out run") {
				t.Errorf("the way to go on is not told:\n%s", stderr)
			}
			if len(checkpoints(t, dir)) == 0 {
				t.Error("no checkpoint was left")
			}
			output(t, dir, 65, "summary", "run") // unfinished
			output(t, dir, 0, "fit", "-q", "--resume", "--out", "run", "--max-steps", "1")
			output(t, dir, 0, "summary", "run")
		})
	}
}

// TestUserSignalWritesACheckpoint: USR1 saves and goes on; a second INT ends at once.
func TestUserSignalWritesACheckpoint(t *testing.T) {
	dir := generated(t, "3000")
	fit, stderr := startFit(t, dir)
	if n := len(checkpoints(t, dir)); n != 0 {
		t.Fatalf("%d checkpoints before the signal", n)
	}
	send(t, fit, syscall.SIGUSR1)
	waitFor(t, "checkpoint", func() bool { return len(checkpoints(t, dir)) > 0 })
	send(t, fit, syscall.SIGINT)
	send(t, fit, syscall.SIGINT)
	if got := end(t, fit); got != 130 {
		t.Fatalf("exit code %d, want 130\n%s", got, stderr)
	}
}

// TestTwoWritersOfOneRun: the second is asked to come back later.
func TestTwoWritersOfOneRun(t *testing.T) {
	dir := generated(t, "3000")
	fit, _ := startFit(t, dir)
	output(t, dir, 75, "fit", "--data", "d.csv", "--formula", "y ~ x1", "--out", "run", "--overwrite")
	send(t, fit, syscall.SIGINT)
	if got := end(t, fit); got != 130 {
		t.Fatalf("exit code %d, want 130", got)
	}
}

// TestSignalsEndVAETraining: TERM in the middle of an epoch leaves a checkpoint, from which the run
// goes on to the bits of the undisturbed one; metrics have each epoch once.
func TestSignalsEndVAETraining(t *testing.T) {
	dir := t.TempDir()
	output(t, dir, 0, "data", "gen", "--kind", "shapes", "--rows", "1500", "--out", "s.idx")
	args := []string{"vae", "train", "--data", "s.idx", "--encoder", "16", "--decoder", "16", "--latent", "2", "--out", "run"}
	c, stderr := startRun(t, dir, append(args, "--max-epochs", "100000")...)
	send(t, c, syscall.SIGTERM)
	if got := end(t, c); got != 143 || !strings.Contains(stderr.String(), "go on with: elbo vae train --resume --out run") {
		t.Fatalf("exit code %d\n%s", got, stderr)
	}
	epochs, err := rundir.ReadLog[vaeMetric](filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	n := strconv.Itoa(len(epochs) + 2)
	output(t, dir, 0, "vae", "train", "-q", "--resume", "--out", "run", "--max-epochs", n)
	output(t, dir, 0, append(args[:len(args)-1], "whole", "-q", "--max-epochs", n)...)
	if !bytes.Equal(weights(t, filepath.Join(dir, "run")), weights(t, filepath.Join(dir, "whole"))) {
		t.Error("the resumed run differs from the undisturbed one")
	}
	again, err := rundir.ReadLog[vaeMetric](filepath.Join(dir, "run"))
	if err != nil || len(again) != len(epochs)+2 {
		t.Fatalf("%d epochs after %d, %v", len(again), len(epochs), err)
	}
	for i, e := range again {
		if e.Epoch != int64(i+1) {
			t.Errorf("line %d is epoch %d", i+1, e.Epoch)
		}
	}
}
