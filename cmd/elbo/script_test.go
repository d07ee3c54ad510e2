package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets scripts start this test binary as elbo.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"elbo": main})
}

// TestScripts runs the scripts of testdata/script: what a shell sees of the program.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", ContinueOnError: testing.Verbose(),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "json": jsonAt, "lines": lines, "flip": flip,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TMPDIR", e.WorkDir)
			arrays, err := filepath.Abs("../../data/array/testdata")
			e.Setenv("ARRAYS", arrays)
			return err
		},
	})
}

// exits runs a command and checks its exit code: exits 65 elbo fit ….
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE command [arguments]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var status *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &status):
		code = status.ExitCode()
	case err != nil:
		ts.Fatalf("%v: %v", args[1:], err)
	}
	if code != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], code, want)
	}
}

// jsonAt checks a value in a JSON file (or stdout): json stdout stop.reason converged. With
// only a path it checks that there is a value.
func jsonAt(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: json FILE path [value]")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	found := true
	for _, key := range strings.Split(args[1], ".") {
		switch node := v.(type) {
		case map[string]any:
			v, found = node[key]
		case []any:
			i, err := strconv.Atoi(key)
			if found = err == nil && i < len(node); found {
				v = node[i]
			}
		default:
			found = false
		}
	}
	got := fmt.Sprint(v)
	if ok := found && (len(args) == 2 || got == args[2]); ok == neg {
		ts.Fatalf("%s: %s is %q (present: %v), want %v (negated: %v)", args[0], args[1], got, found, args[2:], neg)
	}
}

// lines checks the number of lines of a file: lines stdout 3.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	n := strings.Count(ts.ReadFile(args[0]), "\n")
	if want := args[1]; (strconv.Itoa(n) == want) == neg {
		ts.Fatalf("%s has %d lines, want %s (negated: %v)", args[0], n, want, neg)
	}
}

// flip changes one bit in the middle of a file.
func flip(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(args[0])
	text, err := os.ReadFile(path)
	ts.Check(err)
	text[len(text)/2] ^= 1
	ts.Check(os.WriteFile(path, text, 0o644))
}
