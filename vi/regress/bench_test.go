package regress

import (
	"context"
	"testing"
	"time"

	"elbo/data"
	"elbo/graph"
)

// stopwatch measures the stages of jobs.
type stopwatch struct {
	names []string
	total map[string]time.Duration
	since time.Time
}

func newStopwatch() *stopwatch {
	return &stopwatch{total: map[string]time.Duration{}, since: time.Now()}
}

// lap adds the time since the former lap to a stage.
func (w *stopwatch) lap(stage string) {
	if _, known := w.total[stage]; !known {
		w.names = append(w.names, stage)
	}
	now := time.Now()
	w.total[stage] += now.Sub(w.since)
	w.since = now
}

func (w *stopwatch) report(b *testing.B) {
	for _, n := range w.names {
		b.ReportMetric(w.total[n].Seconds()/float64(b.N), n+"-s/op")
	}
}

// benchmarkJob runs a reference case from file to summaries.
func benchmarkJob(b *testing.B, c *referenceCase) {
	path := reference(b, c.rows)
	dev := openDevice(b, 0)
	w := newStopwatch()
	for b.Loop() {
		w.since = time.Now()
		tab, _, err := data.Open(path, data.Options{})
		if err != nil {
			b.Fatal(err)
		}
		w.lap("read")
		p, err := Prepare(tab, Options{Formula: c.formula, Family: c.family, Priors: parsePriors(b, c.priors), Draws: c.draws, Seed: 1})
		if err != nil {
			b.Fatal(err)
		}
		stage := "prepare"
		f, err := p.Fit(context.Background(), Run{Device: dev, Stage: func(next string) {
			w.lap(stage)
			stage = map[string]string{"finding the posterior mode": "mode", "training": "train"}[next]
			if stage == "" {
				stage = "check"
			}
		}})
		if err != nil {
			b.Fatal(err)
		}
		f.Parameters()
		w.lap(stage)
		if err := tab.Close(); err != nil {
			b.Fatal(err)
		}
	}
	w.report(b)
}

// BenchmarkFlights is the whole job: 336,776 rows of gzipped CSV to a summary, 31 coefficients and sigma.
func BenchmarkFlights(b *testing.B) { benchmarkJob(b, &referenceCases[0]) }

// BenchmarkA9a has 124 coefficients and 4,000 draws.
func BenchmarkA9a(b *testing.B) { benchmarkJob(b, &referenceCases[5]) }

// BenchmarkDiamonds is a fit of 54 thousand rows.
func BenchmarkDiamonds(b *testing.B) { benchmarkJob(b, &referenceCases[2]) }

// flightsAtMode prepares flights and finds its anchor.
func flightsAtMode(b *testing.B) (*Problem, *mode, graph.Device) {
	c := &referenceCases[0]
	p, err := Prepare(openTable(b, reference(b, c.rows)), Options{Formula: c.formula, Family: c.family, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	dev := openDevice(b, 0)
	m, err := p.mode(dev)
	if err != nil {
		b.Fatal(err)
	}
	return p, m, dev
}

// BenchmarkStep is one training step of flights, its batch of 256 rows made by the prefetching goroutine.
func BenchmarkStep(b *testing.B) {
	p, m, dev := flightsAtMode(b)
	step, err := p.compile(m)
	if err != nil {
		b.Fatal(err)
	}
	in, err := step.Program.Load(dev)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	feed, err := p.feeder(dev, in.Program(), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer feed.Close()
	at := int64(0)
	for b.Loop() {
		if err := feed.Bind(in, at); err != nil {
			b.Fatal(err)
		}
		if err := in.Run(uint64(at), 1); err != nil {
			b.Fatal(err)
		}
		at++
	}
	b.ReportMetric(float64(p.batch())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkCurvaturePass is one pass of Newton's method over flights.
func BenchmarkCurvaturePass(b *testing.B) {
	p, m, dev := flightsAtMode(b)
	c, err := p.design.newCurvature(dev)
	if err != nil {
		b.Fatal(err)
	}
	defer c.close()
	for b.Loop() {
		if _, err := c.expand(m.like.at, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(p.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkKHatPass streams flights past 1,000 draws.
func BenchmarkKHatPass(b *testing.B) {
	p, m, dev := flightsAtMode(b)
	q := p.family(m).Posterior(p.Dim(), initialParams(p, m))
	draws, logq := q.Draw(1000, 1)
	for b.Loop() {
		if _, err := p.streamWeights(dev, m.like, draws, logq); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1000*float64(p.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows·draws/s")
}

// initialParams are the parameters of the guide before training.
func initialParams(p *Problem, m *mode) func(string) []float64 {
	return func(name string) []float64 {
		step, err := p.compile(m)
		if err != nil {
			return nil
		}
		return step.Program.Init(name)
	}
}
