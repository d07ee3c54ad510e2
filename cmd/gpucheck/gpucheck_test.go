//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"elbo/cmd/internal/benches"
	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/kernels/cuda/probe"
)

// TestSpeedNames: the benchmarks of the report are there, and are those of the goals in RESULTS.md.
func TestSpeedNames(t *testing.T) {
	var all []string
	for _, b := range benches.All() {
		all = append(all, b.Name)
	}
	page, err := os.ReadFile("../../kernels/cuda/RESULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	goals := map[string]bool{}
	for _, line := range strings.Split(string(page), "\n") {
		if cells := strings.Split(line, "|"); len(cells) == 6 {
			for i, name := range strings.Split(cells[2], "`") {
				goals[name] = i%2 == 1
			}
		}
	}
	maps.DeleteFunc(goals, func(_ string, is bool) bool { return !is })
	for _, name := range append(speedNames, coarseNames...) {
		if !slices.Contains(all, name) || !goals[name] {
			t.Errorf("%s: is a benchmark: %t, has a goal: %t", name, slices.Contains(all, name), goals[name])
		}
	}
	if len(goals) != len(speedNames) {
		t.Errorf("%d benchmarks in RESULTS.md and %d in the report: %v", len(goals), len(speedNames), goals)
	}
}

func TestReadTests(t *testing.T) {
	got := readTests([]byte(`=== RUN   TestConformance
    --- PASS: TestConformance/elementwise (0.1s)
    worst.go:75: error of exp float32: 1.07e-07, tolerance 1.0e-06, 3 runs
    worst.go:75: error of neg float64: 0.00e+00, tolerance 0.0e+00, 1 runs
    worst.go:75: error of log float32: +Inf, tolerance 1.0e-06, 2 runs
    check.go:20: exp: element 3 of 4 is wrong
--- FAIL: TestConformance (0.2s)
--- SKIP: TestLost (0.0s)
--- PASS: TestLargeWrites (0.0s)
`))
	if got.passed != 2 || !slices.Equal(got.failed, []string{"TestConformance"}) || !slices.Equal(got.skipped, []string{"TestLost"}) {
		t.Errorf("read %+v", got)
	}
	if len(got.ops) != 3 {
		t.Fatalf("ops %+v", got.ops)
	}
	if e := got.ops[0]; e.Op != "exp" || e.DType != "float32" || e.identical || !e.tolerated || e.Runs != "3" {
		t.Errorf("exp: %+v", e)
	}
	if e := got.ops[1]; !e.identical || !e.tolerated {
		t.Errorf("neg: %+v", e)
	}
	if e := got.ops[2]; e.identical || e.tolerated {
		t.Errorf("an infinite error passes: %+v", e)
	}
	if len(got.complaints) != 1 || !strings.Contains(got.complaints[0], "element 3") {
		t.Errorf("complaints %q", got.complaints)
	}
}

func TestCompareBounds(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name      string
		cpu, card map[int64]float64
		apart     float64
		fails     bool
	}{
		{"equal", map[int64]float64{1: -5, 2: -4}, map[int64]float64{1: -5, 2: -4}, 0, false},
		{"apart", map[int64]float64{1: -5, 2: -4}, map[int64]float64{1: -5.5, 2: -4}, 0.1, false},
		{"not a number", map[int64]float64{1: -5, 2: -4}, map[int64]float64{1: nan, 2: -4}, nan, false},
		{"nothing", nil, nil, 0, true},
		{"a step too few", map[int64]float64{1: -5, 2: -4}, map[int64]float64{1: -5}, 0, true},
		{"other steps", map[int64]float64{1: -5}, map[int64]float64{2: -5}, 0, true},
	} {
		_, apart, _, err := compareBounds(c.cpu, c.card)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil && apart != c.apart && !(math.IsNaN(apart) && math.IsNaN(c.apart)) {
			t.Errorf("%s: apart %v, want %v", c.name, apart, c.apart)
		}
	}
}

func TestCompareArrays(t *testing.T) {
	type arrays = map[string][]float64
	for _, c := range []struct {
		name      string
		cpu, card arrays
		apart     float64
		fails     bool
	}{
		{"equal", arrays{"a": {1, 2}, "zeros": {0}}, arrays{"a": {1, 2}, "zeros": {0}}, 0, false},
		{"to the largest of each", arrays{"a": {1, -100}, "b": {2}}, arrays{"a": {2, -100}, "b": {1.9}}, 0.05, false},
		{"to zeros", arrays{"a": {0}}, arrays{"a": {1e-9}}, math.Inf(1), false},
		{"not a number", arrays{"a": {1, 2}, "b": {1}}, arrays{"a": {math.NaN(), 2}, "b": {1}}, math.NaN(), false},
		{"nothing", nil, nil, 0, true},
		{"empty", arrays{"a": {}}, arrays{"a": {}}, 0, true},
		{"shorter", arrays{"a": {1, 2}}, arrays{"a": {1}}, 0, true},
		{"other names", arrays{"a": {1}}, arrays{"b": {1}}, 0, true},
	} {
		apart, err := compareArrays(c.cpu, c.card)
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		same := math.Abs(apart-c.apart) < 1e-12 || apart == c.apart || math.IsNaN(apart) && math.IsNaN(c.apart)
		if err == nil && !same {
			t.Errorf("%s: apart %v, want %v", c.name, apart, c.apart)
		}
	}
}

// drifting is an application whose card drifts.
type drifting struct {
	bound, param, use, crossed float64
	trained                    map[string]string // devices by folder
}

func (d *drifting) train(device, dir string, _ int) error {
	d.trained[dir] += device + " "
	return nil
}

func (d *drifting) outcome(device, dir string) (*product, error) {
	on := func(by float64) float64 { return map[bool]float64{true: by}[d.trained[dir] == "card "] }
	crossed := map[bool]float64{true: d.crossed}[strings.Count(d.trained[dir], " ") == 2]
	return &product{
		bounds: map[int64]float64{200: 1 + on(d.bound)},
		params: map[string][]float64{"p": {1 + on(d.param) + crossed}},
		uses:   map[string][]float64{"u": {1 + on(d.use)}},
	}, nil
}

// TestAgree: each kind of difference is found, and reported as itself.
func TestAgree(t *testing.T) {
	for i, d := range []*drifting{{}, {bound: 0.5}, {param: 0.5}, {use: 0.5}, {crossed: 0.5}} {
		d.trained = map[string]string{}
		got, err := agree(d, "x", "dir", "card")
		if err != nil {
			t.Fatal(err)
		}
		for k, diff := range got.differences() {
			if want := map[bool]float64{true: 0.5}[k == i-1]; diff.by != want {
				t.Errorf("case %d: %s part by %v, want %v", i, diff.what, diff.by, want)
			}
		}
		want := map[string]string{"dir/cpu": "cpu ", "dir/card": "card ", "dir/from cpu": "cpu card ",
			"dir/from card": "card cpu "}
		if !maps.Equal(d.trained, want) {
			t.Errorf("trained %v, want %v", d.trained, want)
		}
	}
}

func TestReadTable(t *testing.T) {
	got, err := readTable([]byte("a,b\n1,2\n3,-4e-1\n"))
	if err != nil || !slices.Equal(got["a"], []float64{1, 3}) || !slices.Equal(got["b"], []float64{2, -0.4}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, text := range []string{"", "a,b\n", "a,b\n1\n", "a\nx\n"} {
		if got, err := readTable([]byte(text)); err == nil {
			t.Errorf("%q gives %v", text, got)
		}
	}
}

func TestReadBounds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.jsonl")
	text := "{\"step\":1,\"elbo\":-3}\n{\"step\":2,\"elbo\":null}\n{\"step\":3,\"elbo\":-2.5}\n"
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readBounds(path)
	if err != nil || len(got) != 2 || got[1] != -3 || got[3] != -2.5 {
		t.Errorf("%v, %v", got, err)
	}
	if err := os.WriteFile(path, []byte("{\"step\":1,"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readBounds(path); err == nil {
		t.Error("half a line passes")
	}
}

func TestMarkdown(t *testing.T) {
	r := &report{Machine: machine{Card: device.Card{Name: "cuda:0", Model: "A Card"}}, When: time.Unix(0, 0).UTC(),
		Quirks: []probe.Quirk{{Name: "q", Err: errors.New("off by one")}}, Ops: []opError{{Op: "exp", Error: "5e-01"}},
		Speeds: []speed{{Name: "glm/x", Micros: 2, Bytes: 4000, Flops: 6000}}}
	r.fail("test: %s", "TestX")
	text := r.markdown()
	for _, want := range []string{"## A Card, 1970-01-01", "- test: TestX", "| q | off by one |", "**5e-01**", "| 3 | 2 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Everything passed") {
		t.Error("a failure passes")
	}
}

// TestBrokenBundle: what cannot be started is a failure of the check, not a pass.
func TestBrokenBundle(t *testing.T) {
	var log bytes.Buffer
	o := &options{dir: t.TempDir(), log: &log, short: true}
	r := &report{Machine: machine{Card: device.Card{Name: "cuda:0"}}}
	for what, f := range map[string]func(*report) error{"conformance": o.conformance, "agreement": o.agreement} {
		if err := f(r); err == nil {
			t.Errorf("%s of an empty bundle passes", what)
		}
	}
	script := "#!/bin/sh\necho '--- PASS: TestA (0.0s)'\necho '--- SKIP: TestB (0.0s)'\n"
	if err := os.WriteFile(filepath.Join(o.dir, "conformance"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := o.conformance(r); err == nil || len(r.Failures) != 1 || !strings.Contains(r.Failures[0], "TestB") {
		t.Errorf("error %v, failures %q: want both the missing ops and the test left out", err, r.Failures)
	}
}

func TestUsage(t *testing.T) {
	var out, log bytes.Buffer
	if code := run([]string{"-nonsense"}, &out, &log); code != int(exit.Usage) {
		t.Errorf("exit code %d", code)
	}
}
