//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
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
	start := time.Now()
	output(t, dir, 0, append(args, "--out", "whole")...)
	whole := time.Since(start)
	want := parameters(t, filepath.Join(dir, "whole"))
	random := rand.New(rand.NewSource(1)) // moments differ from run to run anyway
	killed := 0
	for round := range rounds {
		run := filepath.Join(dir, "run")
		if err := os.RemoveAll(run); err != nil {
			t.Fatal(err)
		}
		for attempt := 0; ; attempt++ {
			call := append(args, "--out", "run", "--resume")
			c := command(t, dir, call...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() { done <- c.Wait() }()
			wait := time.Duration(random.Float64() * float64(whole))
			if attempt >= 3 {
				wait = patience // enough: let it finish
			}
			var err error
			select {
			case err = <-done:
			case <-time.After(wait):
				if err := c.Process.Kill(); err != nil {
					t.Logf("ended just before the kill: %v", err)
				}
				<-done
				killed++
				continue
			}
			if code := exitCode(t, err); code != 0 {
				t.Fatalf("round %d: exit code %d", round, code)
			}
			break
		}
		if got := parameters(t, run); !bytes.Equal(got, want) {
			t.Fatalf("round %d: resumed parameters differ\n%s\nwant\n%s", round, got, want)
		}
	}
	t.Logf("%d kills in %d rounds", killed, rounds)
	if killed == 0 {
		t.Error("no fit was killed: the test tested nothing")
	}
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
