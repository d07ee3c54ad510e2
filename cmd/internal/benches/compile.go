package benches

import (
	"errors"
	"os"
	"slices"
	"time"

	"elbo/cmd/internal/device"
	"elbo/graph"
)

// compileFirst times making the autoencoder's step ready on a device that has met none of it.
func compileFirst(m *machine) (Result, error) { return m.compile(true) }

// compileAgain times the same for a device of a later process, which finds what the first one kept.
func compileAgain(m *machine) (Result, error) { return m.compile(false) }

// cacheVariable names the folder where devices keep what they compiled.
const cacheVariable = "ELBO_CACHE_DIR"

// compile times loading the program on freshly opened devices, whose opening does not count.
func (m *machine) compile(first bool) (r Result, err error) {
	step, err := vaeProgram(vaeConfig, vaeBatch)
	if err != nil {
		return Result{}, err
	}
	p := step.Program
	former, had := os.LookupEnv(cacheVariable)
	defer func() {
		if had {
			err = errors.Join(err, os.Setenv(cacheVariable, former))
		} else {
			err = errors.Join(err, os.Unsetenv(cacheVariable))
		}
	}()
	var times []float64
	dir := ""
	for range 4 { // the first is a warm-up: the libraries set themselves up
		if first || dir == "" {
			if dir, err = os.MkdirTemp(m.TempDir, "elbo-bench-*"); err != nil {
				return Result{}, err
			}
			defer os.RemoveAll(dir)
			if err := os.Setenv(cacheVariable, dir); err != nil {
				return Result{}, err
			}
		}
		took, err := m.load(p)
		if err != nil {
			return Result{}, err
		}
		times = append(times, took.Seconds()*1e6)
		if m.Quick && len(times) == 2 {
			break
		}
	}
	times = times[1:]
	slices.Sort(times)
	return m.finish(workOf(p, graph.F32, vaeBatch), times[len(times)/2]), nil
}

// load loads a program on a device opened for it.
func (m *machine) load(p *graph.Program) (took time.Duration, err error) {
	dev, err := device.OpenWith(m.Device, device.Options{Threads: m.Threads, MatMul: m.MatMul})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, dev.Close()) }()
	start := time.Now()
	in, err := p.Load(dev.Device)
	if err != nil {
		return 0, err
	}
	took = time.Since(start)
	return took, in.Close()
}
