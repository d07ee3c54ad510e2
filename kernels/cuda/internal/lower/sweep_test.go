package lower

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"elbo/data"
	"elbo/internal/testdevice"
	"elbo/kernels"
	"elbo/kernels/kernelstest"
	"elbo/vi/regress"
	"elbo/vi/train"
)

// readers counts the nodes that read a value.
func readers(plan *Plan, v kernels.ValueID) int {
	n := 0
	for i := range plan.Nodes {
		node := &plan.Nodes[i]
		if g := node.Gemm; g != nil && (g.A == v || g.B == v) {
			n++
		}
		is := func(a Arg) bool { return a.Kind == ArgValue && a.Value == v }
		if node.Launch != nil && slices.ContainsFunc(node.Launch.Args, is) {
			n++
		}
	}
	return n
}

// sweeps are regressions of many shapes, and how many kernels read X in the plan of each.
var sweeps = []struct {
	kernelstest.Regression
	readers int
}{
	{kernelstest.Regression{Rows: 1000, Cols: 100}, 1},
	{kernelstest.Regression{Rows: 1000, Cols: 101, Draws: 1}, 1},
	{kernelstest.Regression{Rows: 512, Cols: 100, Draws: 8}, 1},
	{kernelstest.Regression{Rows: 300, Cols: 7, Draws: 16, Transposed: true}, 1},
	{kernelstest.Regression{Rows: 129, Cols: 1024}, 1},
	{kernelstest.Regression{Rows: 70, Cols: 1, Draws: 2, Kept: true}, 1},
	{kernelstest.Regression{Rows: 200, Cols: 30, Draws: 3, Table: 500}, 1},
	{kernelstest.Regression{Rows: 200, Cols: 30, Draws: 17}, 3}, // wider than a sweep carries
	{kernelstest.Regression{Rows: 200, Cols: 3000}, 3},          // rows too long for shared memory
	{kernelstest.Regression{Rows: 40, Cols: 30}, 3},             // too few rows
}

// TestSweepReadsOnce: one kernel of a regression's plan reads X, and where there is no sweep each product does.
func TestSweepReadsOnce(t *testing.T) {
	for _, c := range sweeps {
		c.DType = kernels.F32
		p := c.Build().Program()
		plan, err := Lower(p)
		if err != nil {
			t.Fatal(err)
		}
		name := "x"
		if c.Table > 0 {
			name = "table"
		}
		if got := readers(plan, slotValue(p, name)); got != c.readers {
			t.Errorf("%s: X is read by %d kernels, want %d", c.Name(), got, c.readers)
		}
	}
}

// widest is a program whose sweep has the most partial results: the most sums in every thread of the most blocks.
func widest() *kernels.Program {
	b := kernelstest.NewBuilder("widest", kernels.F32)
	x, w := b.Input("x", nil, 1<<13, 512), b.Input("w", nil, 512, 12)
	r := b.Elem(kernels.Sigmoid, [2]float64{}, b.Apply(kernels.MatMul, kernels.Attr{}, x, w))
	b.Output("g", b.Apply(kernels.MatMul, kernels.Attr{TransA: true}, x, r))
	return b.Program()
}

// TestSweepCounters: a sweep has a counter for every 32 blocks, and one for these.
func TestSweepCounters(t *testing.T) {
	plan, err := Lower(widest())
	must(t, err)
	if grid := plan.Nodes[0].Launch.Grid; grid[0] != blocksWanted || plan.Counters != 1+blocksWanted/32 {
		t.Errorf("%d counters for %d blocks", plan.Counters, grid[0])
	}
}

// TestMostBeside: no plan of a training step takes more memory than estimates before a run count, the widest sweep
// over most rows among them, which comes near.
func TestMostBeside(t *testing.T) {
	programs := planned(t)
	programs = append(programs, widest())
	most := 0
	for _, p := range programs {
		plan, err := Lower(p)
		must(t, err)
		n := plan.Scratch - p.Scratch + plan.Partials + 4*plan.Counters + len(plan.Consts)
		if n > MostBeside {
			t.Errorf("%s: %d bytes, more than %d", p.Name, n, MostBeside)
		}
		most = max(most, n)
	}
	if most < MostBeside/2 {
		t.Errorf("at most %d bytes, far below %d", most, MostBeside)
	}
}

// slotValue returns the value that reads a slot.
func slotValue(p *kernels.Program, name string) kernels.ValueID {
	slot := p.SlotIndex(name)
	return kernels.ValueID(slices.IndexFunc(p.Values, func(v kernels.Value) bool {
		return v.Home == kernels.InSlot && v.Slot == slot
	}))
}

// TestRegressionStepsReadOnce: so do the training steps of elbo fit, of every family and guide. The one
// for Student's t is left as it is: its program has sums over rows before the residuals.
func TestRegressionStepsReadOnce(t *testing.T) {
	for _, family := range data.GenFamilies() {
		table, formula := generated(t, family)
		for _, guide := range []string{"meanfield", "fullrank", "map"} {
			problem, err := regress.Prepare(table, regress.Options{Formula: formula, Family: family, Guide: guide, Seed: 1,
				Stop: train.StopConfig{Off: true}, Budget: train.Budget{Steps: 10}})
			if err != nil {
				t.Fatal(err)
			}
			step, err := problem.Compile(testdevice.Open(t, 1))
			if err != nil {
				t.Fatal(err)
			}
			p := step.Program.Kernel()
			plan, err := Lower(p)
			if err != nil {
				t.Fatal(err)
			}
			want := 1
			if family == "student" {
				want = 3
			}
			if got := readers(plan, slotValue(p, "x")); got != want {
				t.Errorf("%s, %s: X is read by %d kernels of a step, want %d", family, guide, got, want)
			}
		}
	}
}

// generated opens a few rows of a family, and gives their formula.
func generated(t *testing.T, family string) (data.Table, string) {
	t.Helper()
	var csv strings.Builder
	truth, err := data.Generate(&csv, data.GenSpec{Family: family, Rows: 200, Numeric: 3, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "d.csv")
	if err := os.WriteFile(path, []byte(csv.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	table, _, err := data.Open(path, data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := table.Close(); err != nil {
			t.Error(err)
		}
	})
	return table, truth.Formula
}
