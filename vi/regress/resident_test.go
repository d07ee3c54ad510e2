package regress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/vi/feed"
	"elbo/vi/train"
)

// wideRows simulates rows with a factor, an offset, weights and missing cells.
func wideRows(n int) string {
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString("y,n,x,g,o,w\n")
	for i := range n {
		x, g := r.NormFloat64(), "abc"[r.IntN(3)]
		y := 0
		for range 5 {
			if r.Float64() < 1/(1+math.Exp(-(0.3+0.8*x-0.5*float64(g-'a')))) {
				y++
			}
		}
		cell := fmt.Sprintf("%.4f", x)
		if i%17 == 5 {
			cell = "NA"
		}
		fmt.Fprintf(&b, "%d,5,%s,%c,%.3f,%.2f\n", y, cell, g, 0.1*r.NormFloat64(), 0.5+r.Float64())
	}
	return b.String()
}

// wide is a binomial regression of some 660 of 700 rows on them, in batches the last of which is short.
func wide(t testing.TB, change func(*Options)) *Problem {
	o := Options{Formula: "y | trials(n) + weights(w) ~ x + g + offset(o)", Family: "binomial", Seed: 7, Batch: 64,
		Budget: train.Budget{Steps: 300}, Draws: 200}
	if change != nil {
		change(&o)
	}
	return prepare(t, wideRows(700), o)
}

// outcomeOf is what a fit found, to compare bits.
func outcomeOf(t testing.TB, p *Problem, run Run) (*Fit, []float64) {
	t.Helper()
	f, err := p.Fit(context.Background(), run)
	if err != nil {
		t.Fatal(err)
	}
	out := append([]float64{f.Training.Elbo, f.Elbo}, f.Draws...)
	return f, append(append(out, f.Ratios...), f.LogLik...)
}

// TestResidentRowsAreTheFedOnes: rows on the device, picked in the program, give the bits of batches and chunks that
// are encoded one after the other: with factors, offsets, weights, missing cells and short last batches, in one step of
// all rows, and in single precision, whose passes are fed either way.
func TestResidentRowsAreTheFedOnes(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"batches":      func(*Options) {},
		"divides":      func(o *Options) { o.Batch = 1 },
		"all rows":     func(o *Options) { o.Batch = 0 },
		"float32":      func(o *Options) { o.Float32 = true },
		"bfloat16":     func(o *Options) { o.BFloat16 = true },
		"bfloat16 all": func(o *Options) { o.BFloat16, o.Float32, o.Batch = true, true, 0 },
		"mean field":   func(o *Options) { o.Guide = "meanfield" },
		"plain": func(o *Options) {
			o.Formula, o.Family = "y ~ x", "gaussian"
		},
		"plain, all rows": func(o *Options) {
			o.Formula, o.Family, o.Batch = "y ~ x", "gaussian", 0
		},
	} {
		t.Run(name, func(t *testing.T) {
			dev := openDevice(t, 1)
			var got [2][]float64
			for i, where := range []feed.Residency{feed.ResidentNever, feed.ResidentAlways} {
				p := wide(t, func(o *Options) { change(o); o.Resident = where })
				f, bits := outcomeOf(t, p, Run{Device: dev})
				if f.Placement.Resident != (where == feed.ResidentAlways) {
					t.Fatalf("%v: %+v", where, f.Placement)
				}
				got[i] = bits
			}
			if !slices.Equal(got[0], got[1]) {
				t.Errorf("fed %v…, resident %v…", got[0][:4], got[1][:4])
			}
		})
	}
}

// TestColumnsHoldAllRows: several chunks of each type lie one after the other.
func TestColumnsHoldAllRows(t *testing.T) {
	dev := openDevice(t, 1)
	for _, rounded := range []bool{false, true} {
		for _, dt := range []graph.DType{graph.F32, graph.F64} {
			p := prepare(t, wideRows(9000), Options{Formula: "y | weights(w) ~ x + g", Family: "gaussian", BFloat16: rounded})
			c, err := p.design.newColumns(dev, dt)
			if err != nil {
				t.Fatal(err)
			}
			all, err := p.design.newEncoder(int(p.Rows()))
			if err != nil {
				t.Fatal(err)
			}
			if err := all.chunk(0, all.size); err != nil {
				t.Fatal(err)
			}
			for _, in := range c.inputs {
				want, got := make([]byte, in.Size*in.DType.Size()), make([]byte, in.Size*in.DType.Size())
				graph.PutFloats(want, all.column(in.Name), in.DType)
				if err := dev.Read(c.buffers[in.Name], 0, got); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%v, rounded %t: column %q differs", dt, rounded, in.Name)
				}
			}
			if err := c.free(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRoundedPredictors: the posterior moves by little, as the expansion at the mode is exact and only what it leaves
// over is estimated from rounded numbers; k-hat, which sees exact rows, agrees. They take a quarter of the memory.
func TestRoundedPredictors(t *testing.T) {
	dev := openDevice(t, 1)
	var fits [2]*Fit
	for i := range fits {
		p := wide(t, func(o *Options) { o.BFloat16, o.Resident, o.Budget.Steps = i == 1, feed.ResidentAlways, 800 })
		fits[i], _ = outcomeOf(t, p, Run{Device: dev})
	}
	exact, rounded := fits[0].Parameters(), fits[1].Parameters()
	same := true
	for j, a := range exact {
		b := rounded[j]
		same = same && a.Mean == b.Mean
		// A twentieth of a posterior sd: twice the tolerance runs are converged to, which both have.
		if math.Abs(a.Mean-b.Mean) > 0.05*a.SD || math.Abs(a.SD-b.SD) > 0.05*a.SD {
			t.Errorf("%s: %g ± %g, rounded %g ± %g", a.Name, a.Mean, a.SD, b.Mean, b.SD)
		}
	}
	if same {
		t.Error("nothing was rounded")
	}
	n := fits[0].Problem.Rows()
	if a, b := fits[0].Placement.Bytes, fits[1].Placement.Bytes; a-b != n*4*6 {
		t.Errorf("%d bytes exact, %d rounded, %d rows of 4 predictors", a, b, n)
	}
	if w := fits[1].Problem.Warnings; len(w) == 0 || !strings.Contains(w[0], "bfloat16") {
		t.Errorf("warnings %q", w)
	}
}

// TestResumeAcrossResidency: a run that was fed goes on with resident rows, and the reverse, bit for bit.
func TestResumeAcrossResidency(t *testing.T) {
	dev := openDevice(t, 1)
	_, want := outcomeOf(t, wide(t, nil), Run{Device: dev})
	for i, order := range [][2]feed.Residency{
		{feed.ResidentNever, feed.ResidentAlways}, {feed.ResidentAlways, feed.ResidentNever},
	} {
		store, err := train.OpenStore(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		run := Run{Device: dev, Checkpoints: store, Resume: true, Fingerprint: "f"}
		first := wide(t, func(o *Options) { o.Resident, o.Budget.Steps = order[0], int64(37+100*i) })
		if _, err := first.Fit(context.Background(), run); err != nil {
			t.Fatal(err)
		}
		_, got := outcomeOf(t, wide(t, func(o *Options) { o.Resident = order[1] }), run)
		if !slices.Equal(got, want) {
			t.Errorf("%v then %v: %v…, want %v…", order[0], order[1], got[:4], want[:4])
		}
	}
}

// poor is a device that says it has little memory.
type poor struct {
	graph.Device
	free int64
}

func (p poor) Report() (r graph.Report) {
	r = p.Device.Report()
	r.Free = p.free
	return r
}

// TestResidentRowsThatDoNotFit are fed, and an error where they were asked for.
func TestResidentRowsThatDoNotFit(t *testing.T) {
	p := wide(t, func(o *Options) { o.Resident = feed.ResidentAlways })
	_, err := p.Fit(context.Background(), Run{Device: poor{openDevice(t, 1), 100_000}})
	if !errors.Is(err, graph.ErrOutOfMemory) || !strings.Contains(err.Error(), "rows would fit") {
		t.Errorf("%v", err)
	}
	p.Options.Resident = feed.ResidentAuto
	f, got := outcomeOf(t, p, Run{Device: poor{openDevice(t, 1), 100_000}})
	_, want := outcomeOf(t, wide(t, nil), Run{Device: openDevice(t, 1)})
	if f.Placement.Resident || !strings.Contains(f.Placement.String(), "fed from the host: data and work take") ||
		!slices.Equal(got, want) {
		t.Errorf("%+v", f.Placement)
	}
	p.Options.Resident, p.Options.Float32 = feed.ResidentAlways, true
	p.Options.Budget = train.Budget{Time: 1e9}
	var wrong *OptionError
	if _, err := p.Fit(context.Background(), Run{Device: openDevice(t, 1)}); !errors.As(err, &wrong) || wrong.Option != "resident" {
		t.Errorf("an unbounded float32 run: %v", err)
	}
}

// strict is a device that counts its buffers and refuses some.
type strict struct {
	graph.Device
	live      *int
	refused   int // bytes of a buffer that is refused
	forbidden int // bytes of a write that is
}

var errForbidden = errors.New("forbidden")

func (s strict) Alloc(bytes int) (graph.Buffer, error) {
	if bytes == s.refused {
		return nil, graph.ErrOutOfMemory
	}
	*s.live++
	return s.Device.Alloc(bytes)
}

func (s strict) Free(b graph.Buffer) error {
	*s.live--
	return s.Device.Free(b)
}

func (s strict) Write(b graph.Buffer, at int, src []byte) error {
	if len(src) == s.forbidden {
		return errForbidden
	}
	return s.Device.Write(b, at, src)
}

// TestFitsGiveTheirMemoryBack: resident, fed and where the device refuses a column or a write of one. Rows that need
// not be resident are fed where the memory is gone, with the same bits.
func TestFitsGiveTheirMemoryBack(t *testing.T) {
	dev := openDevice(t, 1)
	_, want := outcomeOf(t, wide(t, nil), Run{Device: dev})
	column := 8 * int(wide(t, nil).Rows())
	for name, c := range map[string]struct {
		where     feed.Residency
		poorer    strict
		err       error
		resident  bool
		placement string
	}{
		"resident":          {where: feed.ResidentAuto, resident: true, placement: "suffice"},
		"fed":               {where: feed.ResidentNever, placement: "as asked"},
		"refused":           {where: feed.ResidentAuto, poorer: strict{refused: column}, placement: "device refused"},
		"refused, must fit": {where: feed.ResidentAlways, poorer: strict{refused: column}, err: graph.ErrOutOfMemory},
		"no writes":         {where: feed.ResidentAuto, poorer: strict{forbidden: column}, err: errForbidden},
	} {
		live := 0
		c.poorer.Device, c.poorer.live = dev, &live
		p := wide(t, func(o *Options) { o.Resident = c.where })
		if f, err := p.Fit(context.Background(), Run{Device: c.poorer}); err == nil {
			if f.Placement.Resident != c.resident || !strings.Contains(f.Placement.Why, c.placement) || c.err != nil {
				t.Errorf("%s: %+v", name, f.Placement)
			}
			if !slices.Equal(f.LogLik, want[len(want)-len(f.LogLik):]) {
				t.Errorf("%s: other bits", name)
			}
		} else if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
		if live != 0 || p.design.resident != nil {
			t.Errorf("%s: %d buffers are left, columns %v", name, live, p.design.resident)
		}
	}
}

// TestPassesOverResidentRows encode nothing where the columns are exact; samples, and passes beside columns of another
// type, do. All fold the rows asked for, in the memory that Place expects.
func TestPassesOverResidentRows(t *testing.T) {
	dev := openDevice(t, 1)
	for name, c := range map[string]struct {
		change func(*Options)
		exact  bool
	}{
		"float64":  {func(*Options) {}, true},
		"float32":  {func(o *Options) { o.Float32 = true }, false},
		"bfloat16": {func(o *Options) { o.BFloat16 = true }, false},
	} {
		p := wide(t, c.change)
		at, done, err := p.settle(Run{Device: dev})
		if err != nil {
			t.Fatal(err)
		}
		passes, err := p.design.newCurvature(dev)
		if err != nil {
			t.Fatal(err)
		}
		weights, err := p.newWeightsPass(dev, khatBlock, 1)
		if err != nil {
			t.Fatal(err)
		}
		if (passes.all.enc == nil) != c.exact || (weights.enc == nil) != c.exact || passes.some.enc == nil {
			t.Errorf("%s: the curvature is encoded: %t, k-hat: %t, samples: %t", name, passes.all.enc != nil,
				weights.enc != nil, passes.some.enc != nil)
		}
		// The estimate holds for any family; this one takes a fifth of it.
		copies := int64(p.khatDraws() / khatBlock)
		if took := feed.ProgramBytes(weights.ins[0].Program()) * copies; took > at.Work+at.Bytes*copies || took < at.Work/10 {
			t.Errorf("%s: k-hat takes %d bytes, expected are %d", name, took, at.Work)
		}
		fed, err := wide(t, c.change).design.newCurvature(dev)
		if err != nil {
			t.Fatal(err)
		}
		for _, sample := range [][]int64{nil, {640, 3, 600, 77}} {
			zeta := slices.Repeat([]float64{0.1}, p.Dim())
			got, err := passes.expand(zeta, sample)
			if err != nil {
				t.Fatal(err)
			}
			want, err := fed.expand(zeta, sample)
			if err != nil {
				t.Fatal(err)
			}
			if got.value != want.value || !slices.Equal(got.hess, want.hess) {
				t.Errorf("%s, rows %v: %g, want %g", name, sample, got.value, want.value)
			}
		}
		if err := errors.Join(passes.close(), weights.close(), fed.close(), done()); err != nil {
			t.Error(err)
		}
	}
}
