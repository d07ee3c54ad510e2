package benches

import (
	"slices"
	"time"

	"elbo/cmd/internal/device"
	"elbo/graph"
)

// Result is one measurement.
type Result struct {
	SchemaVersion int     `json:"schema_version"`
	Name          string  `json:"name"`
	MicrosPerStep float64 `json:"us_per_step"`
	RowsPerSec    float64 `json:"rows_per_s"`
	Flops         int64   `json:"flops"` // of one step
	Bytes         int64   `json:"bytes"` // compulsory traffic of one step
	FloorMicros   float64 `json:"floor_us"`
	Ratio         float64 `json:"ratio"` // us_per_step / floor_us, 0 where there is no floor
	Threads       int     `json:"threads"`
	DType         string  `json:"dtype"`
}

// Config says what to measure with.
type Config struct {
	Device  string
	Threads int
	MatMul  string // see device.Options
	File    string // read by csv/read
	TempDir string
	Quick   bool // short runs, for tests
}

// Bench is one benchmark.
type Bench struct {
	Name string
	Help string
	run  func(m *machine) (Result, error)
}

// All lists the benchmarks.
func All() []Bench {
	return []Bench{
		{"glm/logistic-512x100", "mean-field logistic step, float32, Adam, fixed batch", logisticFixed},
		{"glm/logistic-512x100-gather", "the same with 512 random rows of 100,000 gathered inside the program",
			logisticGather},
		{"regress/fullrank-step", "full-rank step of a Gaussian regression, 31 parameters, batches fed", fullrankStep},
		{"regress/khat-pass", "the pass over all rows that k-hat is computed from", khatPass},
		{"vae/784-400-20-b128", "variational autoencoder step, 784-400-2x20-400-784, 128 images, Adam", vaeStep},
		{"vae/784-400-20-b4096", "the same with 4,096 images", vaeLarge},
		{"vae/b128-streams-1", "the step of 128 images on one stream of a card; by its full name only", vaeOneStream},
		{"vae/b128-streams-4", "the same with its independent parts on four; by its full name only", vaeFourStreams},
		{"stream/glm-262144x100", "logistic gradient step, every batch sent from the host", stream},
		{"compile/vae-first", "making the autoencoder's step ready, the first time", compileFirst},
		{"compile/vae-again", "the same in a later process", compileAgain},
		{gradientName, "logistic gradient of 10,000,000 rows (4 GB); by its full name only", gradient},
		{"linalg/gemm-512", "matrix product of 512 x 512 matrices, float32", gemm},
		{"linalg/gemv-4096", "product of a 4,096 x 4,096 matrix and a vector, float32", gemv},
		{"csv/read", "reading the file given with --file", csvRead},
	}
}

// gradientName is the benchmark that takes a machine with memory to spare.
const gradientName = "glm/gradient-10000000x100"

// OnlyNamed lists the benchmarks that run only when their whole name is given.
func OnlyNamed() []string {
	return []string{gradientName, "vae/b128-streams-1", "vae/b128-streams-4"}
}

// machine is the device under test with its measured rates.
type machine struct {
	Config
	dev  device.Opened
	fma  map[graph.DType]float64
	copy float64 // of a thread, or of a whole card
}

// cached is the size in bytes below which a working set is taken to stay in a core's caches.
const cached = 1 << 20

// work is what a step does.
type work struct {
	dtype   graph.DType
	rows    int   // of a step
	flops   int64 // of a step
	bytes   int64 // compulsory traffic of a step
	working int64 // bytes that steps come back to: of all slots
}

// Run measures the named benchmarks in order and hands each result to visit.
func Run(names []string, c Config, visit func(Result) error) error {
	dev, err := device.OpenWith(c.Device, device.Options{Threads: c.Threads, MatMul: c.MatMul})
	if err != nil {
		return err
	}
	defer dev.Close()
	m := &machine{Config: c, dev: dev, fma: map[graph.DType]float64{}, copy: device.CopyRate()}
	if device.IsCard(dev.Report()) {
		if m.copy, err = device.CardCopyRate(dev.Report().Name); err != nil {
			return err
		}
	} else {
		for _, dt := range []graph.DType{graph.F32, graph.F64} {
			m.fma[dt] = device.FMARate(dt)
		}
	}
	for _, b := range All() {
		if !slices.Contains(names, b.Name) {
			continue
		}
		r, err := b.run(m)
		if err != nil {
			return err
		}
		r.Name = b.Name
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// finish fills in what follows from the work and the time of a step.
func (m *machine) finish(w work, micros float64) Result {
	threads := max(m.dev.Report().Threads, 1)
	if device.IsCard(m.dev.Report()) {
		threads = 1 // rates are those of the whole card
	}
	r := Result{
		SchemaVersion: 1, MicrosPerStep: micros, RowsPerSec: float64(w.rows) / micros * 1e6, Flops: w.flops,
		Bytes:   w.bytes,
		Threads: threads, DType: w.dtype.String(),
	}
	if rate := m.fma[w.dtype]; rate > 0 {
		r.FloorMicros = float64(w.flops) / (rate * float64(threads)) * 1e6
	}
	if m.copy > 0 && w.working > cached {
		r.FloorMicros = max(r.FloorMicros, float64(w.bytes)/(m.copy*float64(threads))*1e6)
	}
	if r.FloorMicros > 0 {
		r.Ratio = micros / r.FloorMicros
	}
	return r
}

// workOf counts the work of a compiled step over a batch.
func workOf(p *graph.Program, dt graph.DType, rows int) work {
	w := work{dtype: dt, rows: rows, flops: p.Flops(), bytes: p.Bytes()}
	for i := range p.Slots() {
		w.working += int64(p.Slots()[i].Bytes())
	}
	return w
}

// Repetitions of a measurement and the time each takes.
const (
	repeats   = 7
	repeatFor = 120 * time.Millisecond
	quickFor  = 2 * time.Millisecond
)

// median times f(n), which does n units of work, and returns microseconds per unit.
func (m *machine) median(f func(n int) error) (float64, error) {
	target, rounds := repeatFor, repeats
	if m.Quick {
		target, rounds = quickFor, 3
	}
	n := 1
	for { // find the amount of work that takes long enough to be timed; this warms up too
		start := time.Now()
		if err := f(n); err != nil {
			return 0, err
		}
		took := time.Since(start)
		if took > target/2 || n > 1<<24 {
			break
		}
		n = max(2*n, int(float64(n)*0.7*float64(target)/float64(took+1)))
	}
	times := make([]float64, rounds)
	for i := range times {
		start := time.Now()
		if err := f(n); err != nil {
			return 0, err
		}
		times[i] = time.Since(start).Seconds() * 1e6 / float64(n)
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// steps times a loaded program, many steps a call.
func (m *machine) steps(in *graph.Instance) (float64, error) {
	step := uint64(0)
	return m.median(func(n int) error {
		if err := in.Run(step, n); err != nil {
			return err
		}
		step += uint64(n)
		return in.Sync()
	})
}
