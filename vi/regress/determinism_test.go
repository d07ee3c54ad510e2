package regress

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"elbo/kernels/ref"
	"elbo/vi/train"
)

// smallRun is a minibatch fit of a few blocks, short of convergence: 500 rows in batches of 64, the last one short.
func smallRun(t testing.TB, change func(*Options)) *Problem {
	t.Helper()
	text, truth := generated(t, "negbinomial", 500, 7)
	opt := Options{Formula: truth.Formula, Family: "negbinomial", Seed: 11, Batch: 64, Budget: train.Budget{Steps: 450}, Draws: 100}
	if change != nil {
		change(&opt)
	}
	return prepare(t, text, opt)
}

// result prints everything a user sees, every bit of it.
func result(f *Fit) string {
	var b strings.Builder
	for _, q := range f.Parameters() {
		fmt.Fprintf(&b, "%s %x %x %x\n", q.Name, q.Mean, q.SD, q.MCSE)
	}
	fmt.Fprintf(&b, "khat %x elbo %x steps %d reason %s", f.KHat(), f.Elbo, f.Training.Steps, f.Training.Reason)
	return b.String()
}

// TestSameSeedSameBits repeats a fit with other numbers of threads, of the device and of Go.
func TestSameSeedSameBits(t *testing.T) {
	want := result(fit(t, smallRun(t, nil), openDevice(t, 0)))
	for _, n := range []int{1, 2, 8} {
		before := runtime.GOMAXPROCS(n)
		got := result(fit(t, smallRun(t, nil), openDevice(t, n)))
		runtime.GOMAXPROCS(before)
		if got != want {
			t.Errorf("%d threads:\n%s\nwant\n%s", n, got, want)
		}
	}
	if other := result(fit(t, smallRun(t, func(o *Options) { o.Seed = 12 }), openDevice(t, 0))); other == want {
		t.Error("another seed gave the same bits")
	}
}

// countdown is a context that ends after a number of looks at it: the loop looks every 25 steps.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestResumeIsBitExact interrupts a run at random points, several times in a row, and resumes it.
func TestResumeIsBitExact(t *testing.T) {
	dev := openDevice(t, 0)
	want := result(fit(t, smallRun(t, nil), dev))
	r := rand.New(rand.NewPCG(1, 2))
	for trial := range 4 {
		dir := t.TempDir()
		var stops []int64
		for life := 0; ; life++ {
			store, err := train.OpenStore(dir)
			if err != nil {
				t.Fatal(err)
			}
			var ctx context.Context = context.Background()
			if life < 3 {
				ctx = &countdown{ctx, 1 + r.IntN(7)}
			}
			f, err := smallRun(t, nil).Fit(ctx, Run{Device: dev, Checkpoints: store, Resume: life > 0, Fingerprint: "rows"})
			if err != nil {
				t.Fatal(err)
			}
			if f.Training.Reason == train.Interrupted {
				stops = append(stops, f.Training.Steps)
				continue
			}
			if got := result(f); got != want {
				t.Errorf("trial %d, interrupted at %v:\n%s\nwant\n%s", trial, stops, got, want)
			}
			break
		}
	}
}

// TestResumeRefusesOtherRuns changes data and options under a checkpoint.
func TestResumeRefusesOtherRuns(t *testing.T) {
	dev := openDevice(t, 0)
	store, err := train.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	run := Run{Device: dev, Checkpoints: store, Fingerprint: "rows"}
	if _, err := smallRun(t, nil).Fit(&countdown{context.Background(), 2}, run); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options, *Run){
		"data":   func(_ *Options, r *Run) { r.Fingerprint = "other rows" },
		"seed":   func(o *Options, _ *Run) { o.Seed = 99 },
		"guide":  func(o *Options, _ *Run) { o.Guide = "meanfield" },
		"bf16":   func(o *Options, _ *Run) { o.BFloat16 = true },
		"priors": func(o *Options, _ *Run) { o.Priors = []PriorSetting{{"b", Prior{"normal", []float64{0, 1}}}} },
	} {
		again := run
		again.Resume = true
		p := smallRun(t, func(o *Options) { change(o, &again) })
		if _, err := p.Fit(context.Background(), again); !errors.Is(err, train.ErrMismatch) {
			t.Errorf("%s changed: error %v, want a mismatch", name, err)
		}
	}
}

// TestOtherArithmetic compares devices, precisions and row orders. A fixed number of steps makes the runs comparable
// step by step.
func TestOtherArithmetic(t *testing.T) {
	fixed := func(o *Options) { o.Budget.Steps = 300 }
	base := fit(t, smallRun(t, fixed), openDevice(t, 0))
	t.Run("float32", func(t *testing.T) {
		f := fit(t, smallRun(t, func(o *Options) { fixed(o); o.Float32 = true }), openDevice(t, 0))
		// The same noise in single precision: 300 steps of rounding, contracted by every step, stay near 1e-4 sd.
		compareFits(t, f, base, 2e-3)
	})
	t.Run("plain Go", func(t *testing.T) {
		// Sums in another order: 1e-13 relative per step, in sums of 1e3 nats.
		compareFits(t, fit(t, smallRun(t, fixed), ref.Open()), base, 1e-8)
	})
	t.Run("rows shuffled", func(t *testing.T) {
		converge := func(o *Options) { o.Budget = train.Budget{} }
		text, truth := generated(t, "negbinomial", 500, 7)
		lines := strings.Split(strings.TrimSpace(text), "\n")
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(lines)-1, func(i, j int) { lines[i+1], lines[j+1] = lines[j+1], lines[i+1] })
		a := fit(t, smallRun(t, converge), openDevice(t, 0))
		b := fit(t, prepare(t, strings.Join(lines, "\n")+"\n", Options{Formula: truth.Formula, Family: "negbinomial", Seed: 11, Batch: 64}), openDevice(t, 0))
		// Both are within 0.02 sd (one standard error) of the optimum; four standard errors of the difference.
		compareFits(t, a, b, 4*math.Sqrt2*0.02)
	})
}

// compareFits fails where means differ by more than tol sds, or sds by more than that relative.
func compareFits(t testing.TB, a, b *Fit, tol float64) {
	t.Helper()
	x, y := a.Parameters(), b.Parameters()
	for i := range x {
		if d := math.Abs(x[i].Mean-y[i].Mean) / y[i].SD; !(d <= tol) {
			t.Errorf("%s: means %.9g and %.9g, %.2g sd apart", x[i].Name, x[i].Mean, y[i].Mean, d)
		}
		if d := math.Abs(x[i].SD/y[i].SD - 1); !(d <= tol) {
			t.Errorf("%s: sds %.9g and %.9g, %.2g apart", x[i].Name, x[i].SD, y[i].SD, d)
		}
	}
}
