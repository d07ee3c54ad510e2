package benches

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbo/cmd/internal/exit"
	"elbo/graph"
)

// TestEveryBenchmarkMeasures runs each briefly and checks that its figures hang together.
func TestEveryBenchmarkMeasures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.csv")
	if err := os.WriteFile(file, []byte("y,x\n1,2\n2,3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, b := range All() {
		switch {
		case b.Name == "linalg/gemv-4096": // its matrix takes longer to fill than to measure
		case strings.HasPrefix(b.Name, "vae/b128-streams-"): // of a card
		default:
			names = append(names, b.Name)
		}
	}
	var seen []string
	err := Run(names, Config{Device: "auto", Threads: 1, File: file, TempDir: t.TempDir(), Quick: true},
		func(r Result) error {
			seen = append(seen, r.Name)
			if !(r.MicrosPerStep > 0) || !(r.RowsPerSec > 0) || r.SchemaVersion != 1 || r.Threads != 1 ||
				r.DType == "" {
				t.Errorf("%+v", r)
			}
			if r.Name != "csv/read" && (r.Flops <= 0 || r.Bytes <= 0) {
				t.Errorf("%s does no work: %+v", r.Name, r)
			}
			if r.FloorMicros > 0 && math.Abs(r.Ratio-r.MicrosPerStep/r.FloorMicros) > 1e-9*r.Ratio {
				t.Errorf("%s: ratio %v of %v over %v", r.Name, r.Ratio, r.MicrosPerStep, r.FloorMicros)
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) != len(names) {
		t.Errorf("%d results for %v", len(seen), names)
	}
}

// TestStreamsNeedACard: a benchmark of a card's streams on another device is an error.
func TestStreamsNeedACard(t *testing.T) {
	err := Run([]string{"vae/b128-streams-4"}, Config{Device: "auto", Threads: 1, Quick: true},
		func(r Result) error { t.Errorf("%+v", r); return nil })
	if exit.Of(err) != exit.Usage {
		t.Errorf("error %v", err)
	}
}

// TestFloor: the larger of arithmetic and memory, the latter only for working sets beyond the caches.
func TestFloor(t *testing.T) {
	m := &machine{fma: map[graph.DType]float64{graph.F32: 1e9}, copy: 1e9}
	m.dev.Device = report{}
	for _, c := range []struct {
		name  string
		w     work
		floor float64
	}{
		{"arithmetic", work{dtype: graph.F32, rows: 1, flops: 2e6, bytes: 1e6, working: 1e9}, 1000},
		{"memory", work{dtype: graph.F32, rows: 1, flops: 1e6, bytes: 6e6, working: 1e9}, 3000},
		{"cached", work{dtype: graph.F32, rows: 1, flops: 1e6, bytes: 6e6, working: 1 << 20}, 500},
		{"unknown rate", work{dtype: graph.F64, rows: 1, flops: 1e6, bytes: 6e6, working: 100}, 0},
	} {
		if r := m.finish(c.w, 100); math.Abs(r.FloorMicros-c.floor) > 1e-9*c.floor {
			t.Errorf("%s: floor %v µs, want %v", c.name, r.FloorMicros, c.floor)
		}
	}
}
