//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestKilledFitsResumeBitForBit ends fits with SIGKILL at random moments, resumes them until
// they finish, and compares with the fit nobody disturbed: every number must be the same.
// ELBO_SLOW=1 does it fifty times on the flights of ELBO_DATA.
func TestKilledFitsResumeBitForBit(t *testing.T) {
	dir, rounds := generated(t, "20000"), 3
	if testing.Short() {
		rounds = 1
	}
	args := []string{"fit", "-q", "--data", "d.csv", "--formula", "y ~ x1 + x2 + f1", "--checkpoint-every", "1ms"}
	if os.Getenv("ELBO_SLOW") != "" {
		flights := filepath.Join(os.Getenv("ELBO_DATA"), "large", "flights.csv.gz")
		if _, err := os.Stat(flights); err != nil {
			t.Skipf("set ELBO_DATA to the reference data to run this on the flights: %v", err)
		}
		rounds = 50
		args[3], args[5] = flights, `arr_delay ~ dep_delay + I(distance/1000) + origin + C(month) + C(carrier, "UA")`
	}
	killAndResume(t, dir, args, rounds, parameters)
}

// TestKilledVAEsResumeBitForBit is the same for the training of an autoencoder, with short batches,
// patience and one thread before the kill, two after it; ELBO_SLOW=1 does it thirty times.
func TestKilledVAEsResumeBitForBit(t *testing.T) {
	dir, rounds := t.TempDir(), 2
	if os.Getenv("ELBO_SLOW") != "" {
		rounds = 30
	}
	output(t, dir, 0, "data", "gen", "--kind", "shapes", "--rows", "2000", "--out", "s.idx")
	args := []string{"vae", "train", "-q", "--data", "s.idx", "--checkpoint-every", "1ms", "--encoder", "32", "--decoder",
		"32", "--latent", "4", "--max-epochs", "12", "--patience", "5", "--lr-final", "0.0005"}
	killAndResume(t, dir, args, rounds, weights)
}

// weights returns the weights of a finished run and the figures of its summary that time does not change.
func weights(t *testing.T, run string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s vaeSummary
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	s.WallS, s.ImagesPerS, s.DeviceLabel = 0, 0, ""
	figures, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	w, err := os.ReadFile(filepath.Join(run, "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return append(figures, w...)
}

// killAndResume runs a training whole, then ends others at random moments and resumes them until
// they finish; what result reads of a run must be the same.
func killAndResume(t *testing.T, dir string, args []string, rounds int, result func(*testing.T, string) []byte) {
	t.Helper()
	start := time.Now()
	output(t, dir, 0, append(args, "--out", "whole")...)
	reach := float64(time.Since(start)) // moments lie within it; halved when runs turn out to be faster
	want := result(t, filepath.Join(dir, "whole"))
	random := rand.New(rand.NewSource(1)) // moments differ from run to run anyway
	killed := 0
	for round := 0; round < rounds || killed == 0 && round < rounds+8; round++ {
		run := filepath.Join(dir, "run")
		if err := os.RemoveAll(run); err != nil {
			t.Fatal(err)
		}
		for attempt := 0; ; attempt++ {
			call := append(args, "--out", "run", "--resume", "--threads", strconv.Itoa(1+attempt%2))
			wait := time.Duration(random.Float64() * reach)
			if attempt >= 3 {
				wait = patience // enough: let it finish
			}
			code, ended := killAfter(t, command(t, dir, call...), wait)
			if !ended {
				killed++
				continue
			}
			if code != 0 {
				t.Fatalf("round %d: exit code %d", round, code)
			}
			if attempt == 0 {
				reach /= 2
			}
			break
		}
		if got := result(t, run); !bytes.Equal(got, want) {
			t.Fatalf("round %d: the resumed run differs\n%.2000s\nwant\n%.2000s", round, got, want)
		}
	}
	t.Logf("%d kills in %d rounds", killed, rounds)
	if killed == 0 {
		t.Error("no run was killed: the test tested nothing")
	}
}

// killAfter kills a command that has not ended by itself after the given time.
func killAfter(t *testing.T, c *exec.Cmd, wait time.Duration) (code int, ended bool) {
	t.Helper()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	select {
	case err := <-done:
		return exitCode(t, err), true
	case <-time.After(wait):
	}
	if err := c.Process.Kill(); err != nil {
		t.Logf("ended just before the kill: %v", err)
	}
	<-done
	return 0, false
}

// parameters returns the parameters of a finished run as JSON text.
func parameters(t *testing.T, run string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(run, "summary.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Steps      int64           `json:"steps"`
		Parameters json.RawMessage `json:"parameters"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
