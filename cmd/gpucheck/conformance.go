//go:build elbo_cuda && linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strings"
)

// shortSuite is the part of the tests that shows that the bundle works.
const shortSuite = `^(TestConformance|TestLargeWrites)$/^(complete|elementwise|errors|random)?$/^(add|exp)?$`

// needEmulator are tests that make calls fail, which only the emulator does. They are not run on a
// card: what is run may not skip.
const needEmulator = `^(TestEveryCallMayFail|TestLost|TestFailedCompile|TestStepAfterFailure)$`

// conformance runs the test binary of the device.
func (o *options) conformance(r *report) error {
	args := []string{"-test.v", "-test.timeout=60m", "-test.skip=" + needEmulator}
	if o.short {
		args = append(args, "-test.short", "-test.run="+shortSuite)
	}
	out, err := o.start("conformance", args...)
	t := readTests(out)
	r.Ops, r.Tests = t.ops, t.passed
	for _, name := range t.skipped {
		r.fail("test left out: %s", name)
	}
	for _, name := range t.failed {
		r.fail("test: %s", name)
	}
	if err == nil && len(t.ops) == 0 {
		err = fmt.Errorf("the suite reported the error of no op")
	}
	if err != nil && len(t.failed) > 0 {
		err = fmt.Errorf("%w\n%s", err, tail(strings.Join(t.complaints, "\n")))
	}
	return err
}

// tests is what a test binary printed.
type tests struct {
	passed          int
	failed, skipped []string
	ops             []opError
	complaints      []string // lines that are neither
}

// opError is the worst error of an op on the card, in units of its tolerance's scale.
type opError struct {
	Op, DType            string
	Error, Tolerance     string
	Runs                 string
	error, tolerance     float64
	identical, tolerated bool
}

var (
	outcome = regexp.MustCompile(`^\s*--- (PASS|FAIL|SKIP): (\S+)`)
	errorOf = regexp.MustCompile(`error of (\S+) (\S+): (\S+), tolerance (\S+), (\d+) runs`)
)

// readTests reads the output of a test binary run with -test.v.
func readTests(out []byte) tests {
	var t tests
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		line := lines.Text()
		if m := outcome.FindStringSubmatch(line); m != nil {
			switch m[1] {
			case "PASS":
				t.passed++
			case "FAIL":
				t.failed = append(t.failed, m[2])
			case "SKIP":
				t.skipped = append(t.skipped, m[2])
			}
			continue
		}
		if m := errorOf.FindStringSubmatch(line); m != nil {
			t.ops = append(t.ops, opErrorOf(m))
			continue
		}
		if !strings.HasPrefix(strings.TrimSpace(line), "=== ") {
			t.complaints = append(t.complaints, line)
		}
	}
	return t
}

// opErrorOf reads the fields of an errorOf match.
func opErrorOf(m []string) opError {
	e := opError{Op: m[1], DType: m[2], Error: m[3], Tolerance: m[4], Runs: m[5]}
	_, errA := fmt.Sscanf(m[3], "%g", &e.error)
	_, errB := fmt.Sscanf(m[4], "%g", &e.tolerance)
	e.identical = errA == nil && e.error == 0
	e.tolerated = errA == nil && errB == nil && e.error <= e.tolerance
	return e
}
