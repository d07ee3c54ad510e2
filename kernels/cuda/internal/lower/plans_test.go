package lower

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbo/data"
	"elbo/internal/testdevice"
	"elbo/kernels"
	"elbo/vi/optim"
	"elbo/vi/regress"
	"elbo/vi/train"
	"elbo/vi/vae"
)

var update = flag.Bool("update", false, "rewrite PLANS.md from the plans")

// plansFile holds the table of TestPlans.
const plansFile = "../../PLANS.md"

// tabled names the programs of the table.
var tabled = []string{"vae 784-400-2x20-400-784, 128 images", "vae 784-400-2x20-400-784, 4,096 images",
	"logistic regression, 100 columns, mean-field, 512 rows", "the same, full-rank"}

// planned compiles the programs of the table.
func planned(t *testing.T) []*kernels.Program {
	t.Helper()
	var out []*kernels.Program
	for _, batch := range []int{128, 4096} {
		m, err := vae.New(vae.Config{Item: []int{28, 28}, Encoder: []int{400}, Decoder: []int{400}, Latent: 20, Seed: 1})
		must(t, err)
		spec, err := m.StepSpec(vae.StepOptions{Batch: batch, Rule: optim.Adam{}})
		must(t, err)
		step, err := spec.Compile()
		must(t, err)
		out = append(out, step.Program.Kernel())
	}
	var csv strings.Builder
	truth, err := data.Generate(&csv, data.GenSpec{Family: "bernoulli", Rows: 2000, Numeric: 100, Seed: 3})
	must(t, err)
	path := filepath.Join(t.TempDir(), "d.csv")
	must(t, os.WriteFile(path, []byte(csv.String()), 0o600))
	table, _, err := data.Open(path, data.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, table.Close()) })
	for _, guide := range []string{"meanfield", "fullrank"} {
		problem, err := regress.Prepare(table, regress.Options{Formula: truth.Formula, Family: "bernoulli", Guide: guide,
			Seed: 1, Batch: 512, Stop: train.StopConfig{Off: true}, Budget: train.Budget{Steps: 100}})
		must(t, err)
		step, err := problem.Compile(testdevice.Open(t, 1))
		must(t, err)
		out = append(out, step.Program.Kernel())
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shapeOf counts the edges of branches, and the nodes on the longest way through them.
func shapeOf(b *Branches) (edges, depth int) {
	recorded, last := make([]int, b.Events), make([]int, b.Streams) // depths
	for i := range b.Nodes {
		n := &b.Nodes[i]
		d := last[n.Stream]
		if d > 0 {
			edges++
		}
		for _, e := range n.Waits {
			if e != b.Fork {
				edges++
			}
			d = max(d, recorded[e])
		}
		last[n.Stream] = d + 1
		if n.Event >= 0 {
			recorded[n.Event] = d + 1
		}
		depth = max(depth, d+1)
	}
	return edges, depth
}

// TestPlans compares PLANS.md with what the plans of the programs named there come to.
func TestPlans(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Plans of some steps

Counted, not measured: kernels and library products of one step, and the graph of eight steps on one stream and on four
(edges and longest way a step; a wait of one stream for another is an edge). What it saves a card has to tell:
` + "`vae/b128-streams-1` and `vae/b128-streams-4` of `elbo bench` measure it" + `.
Rewritten by ` + "`go test ./kernels/cuda/internal/lower -run TestPlans -update`" + `.

| step | kernels | products | scratch, KiB | edges, one stream | longest way | edges, four streams | longest way |
|---|---|---|---|---|---|---|---|
`)
	for i, p := range planned(t) {
		plan, err := Lower(p)
		must(t, err)
		products := 0
		for k := range plan.Nodes {
			if plan.Nodes[k].Gemm != nil {
				products++
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d", tabled[i], len(plan.Nodes)-products, products, (plan.Scratch+1023)/1024)
		const steps = 8
		for _, streams := range []int{1, 4} {
			edges, depth := shapeOf(plan.Branches(p, streams, steps))
			fmt.Fprintf(&b, " | %.1f | %.1f", float64(edges)/steps, float64(depth)/steps)
		}
		b.WriteString(" |\n")
	}
	if *update {
		must(t, os.WriteFile(plansFile, []byte(b.String()), 0o644))
		return
	}
	kept, err := os.ReadFile(plansFile)
	must(t, err)
	if string(kept) != b.String() {
		t.Errorf("PLANS.md differs from the plans; run: go test ./kernels/cuda/internal/lower -run TestPlans -update\n%s",
			b.String())
	}
}
