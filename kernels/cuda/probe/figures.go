//go:build elbo_cuda && linux

package probe

import (
	"errors"
	"fmt"
	"time"

	"elbo/kernels/cuda/internal/driver"
)

// Figure is a measured property of a card.
type Figure struct {
	Name  string
	Value float64
	Unit  string
}

// Sizes of the measurements: bytes copied, launches, repetitions of products.
type Sizes struct {
	Copy     int
	Launches int
	Products int
	Batch    int // rows of the products
}

// Full are the sizes for a card, Small those for a look at the program itself.
var (
	Full  = Sizes{Copy: 1 << 30, Launches: 20000, Products: 20, Batch: 4096}
	Small = Sizes{Copy: 1 << 20, Launches: 50, Products: 1, Batch: 16}
)

// Figures measures one card.
func Figures(index int, s Sizes) ([]Figure, error) {
	r, err := openRig(index)
	if err != nil {
		return nil, err
	}
	var out []Figure
	add := func(name string, value float64, unit string) { out = append(out, Figure{name, value, unit}) }
	err = r.Do(func() error {
		return errors.Join(r.copies(s, add), r.launches(s, add), r.products(s, add))
	})
	return out, errors.Join(err, r.Close())
}

// copies measures bandwidth: on the device (read plus written) and to and from pinned memory.
func (r *rig) copies(s Sizes, add func(string, float64, string)) error {
	n := s.Copy
	a, err := r.MemAlloc(n)
	if err != nil {
		return err
	}
	b, err := r.MemAlloc(n)
	if err != nil {
		return err
	}
	host, err := r.PinnedAlloc(n / 4)
	if err != nil {
		return err
	}
	if err := errors.Join(r.Memset8(a, 0, n), r.Memset8(b, 0, n)); err != nil {
		return err
	}
	for _, c := range []struct {
		name  string
		bytes int
		copy  func() error
	}{
		{"copy on the device, read plus written", 2 * n, func() error { return r.stream.CopyDtoDAsync(b, a, n) }},
		{"copy to the device from pinned memory", n / 4, func() error { return r.stream.CopyHtoDAsync(a, host, 0, n/4) }},
		{"copy from the device to pinned memory", n / 4, func() error { return r.stream.CopyDtoHAsync(host, 0, a, n/4) }},
	} {
		t, err := median(func() error { return errors.Join(c.copy(), r.stream.Sync()) })
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		add(c.name, float64(c.bytes)/t.Seconds()/1e9, "GB/s")
	}
	return errors.Join(host.Free(), r.MemFree(b), r.MemFree(a))
}

// CopyRate measures the bytes a second, read plus written, that a card copies in its own memory. It
// takes up to 512 MiB, or a quarter of what is free.
func CopyRate(index int) (float64, error) {
	r, err := openRig(index)
	if err != nil {
		return 0, err
	}
	rate := 0.0
	err = r.Do(func() error {
		free, _, err := r.MemInfo()
		if err != nil {
			return err
		}
		n := int(min(256<<20, free/8))
		a, err := r.MemAlloc(n)
		if err != nil {
			return err
		}
		b, err := r.MemAlloc(n)
		if err != nil {
			return err
		}
		if err := r.Memset8(a, 0, n); err != nil {
			return err
		}
		t, err := median(func() error { return errors.Join(r.stream.CopyDtoDAsync(b, a, n), r.stream.Sync()) })
		rate = float64(2*n) / t.Seconds()
		return err
	})
	return rate, errors.Join(err, r.Close())
}

// graphNodes is the length of the graph that is compared with as many launches.
const graphNodes = 1000

// launches measures what starting a kernel costs.
func (r *rig) launches(s Sizes, add func(string, float64, string)) error {
	f, err := r.code.Function("elbo_nothing")
	if err != nil {
		return err
	}
	args := new(driver.Args).I32(0)
	launch := func(n int) error {
		for range n {
			if err := r.stream.Launch(f, driver.Shape{Block: [3]int{32}}, args); err != nil {
				return err
			}
		}
		return nil
	}
	host, err := r.hostTime(s.Launches, launch)
	if err != nil {
		return err
	}
	add("launch of a kernel, time on the host", host.Seconds()*1e6/float64(s.Launches), "µs")
	nodes := min(graphNodes, s.Launches)
	one, err := median(func() error { return errors.Join(launch(1), r.stream.Sync()) })
	if err != nil {
		return err
	}
	add("launch of a kernel and wait", one.Seconds()*1e6, "µs")
	each, err := median(func() error { return errors.Join(launch(nodes), r.stream.Sync()) })
	if err != nil {
		return err
	}
	add(fmt.Sprintf("%d launches", nodes), each.Seconds()*1e6, "µs")
	exec, err := r.capture(func() error { return launch(nodes) })
	if err != nil {
		return err
	}
	whole, err := median(func() error { return errors.Join(exec.Launch(r.stream), r.stream.Sync()) })
	if err != nil {
		return err
	}
	add(fmt.Sprintf("one graph of %d nodes", nodes), whole.Seconds()*1e6, "µs")
	return exec.Destroy()
}

// hostTime is how long f keeps the host, the waiting for the device left out. The queue is emptied
// first, and n launches must fit into it or they wait for the device.
func (r *rig) hostTime(n int, f func(int) error) (time.Duration, error) {
	const queue = 500 // fewer than any driver's
	var total time.Duration
	if err := errors.Join(f(1), r.stream.Sync()); err != nil {
		return 0, err
	}
	for n > 0 {
		part := min(n, queue)
		start := time.Now()
		if err := f(part); err != nil {
			return 0, err
		}
		total += time.Since(start)
		n -= part
		if err := r.stream.Sync(); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// layers are the products of a 784-400-20 autoencoder's step, (rows of the batch) × in × out.
var layers = [][2]int{{784, 400}, {400, 40}, {20, 400}, {400, 784}}

// products measures cuBLAS on the products of a step of the autoencoder: forwards, the gradients of
// the weights and, but for the first layer, those of the inputs.
func (r *rig) products(s Sizes, add func(string, float64, string)) error {
	wide := max(784*400, s.Batch*784)
	var at [3]driver.Ptr
	for i := range at {
		p, err := r.upload(ramp(wide))
		if err != nil {
			return err
		}
		at[i] = p
	}
	blas, err := r.NewBlas(r.stream, 32<<20)
	if err != nil {
		return err
	}
	flops := 0
	var list []driver.Gemm
	gemm := func(m, n, k int, ta, tb bool) {
		list = append(list, driver.Gemm{M: m, N: n, K: k, TransA: ta, TransB: tb, Alpha: 1, A: at[0], B: at[1], C: at[2]})
		flops += 2 * m * n * k
	}
	for i, l := range layers {
		gemm(s.Batch, l[1], l[0], false, false)
		gemm(l[0], l[1], s.Batch, true, false)
		if i > 0 {
			gemm(s.Batch, l[0], l[1], false, true)
		}
	}
	for _, m := range []struct {
		name string
		math driver.Math
	}{{"fp32", driver.FP32}, {"tf32", driver.TF32}} {
		if err := blas.SetMath(m.math); err != nil {
			return err
		}
		t, err := median(func() error {
			for range s.Products {
				for _, g := range list {
					if err := blas.Gemm32(g); err != nil {
						return err
					}
				}
			}
			return r.stream.Sync()
		})
		if err != nil {
			return err
		}
		per := t.Seconds() / float64(s.Products)
		add(fmt.Sprintf("cuBLAS on the products of a VAE step of %d images, %s", s.Batch, m.name), float64(flops)/per/1e12, "TFLOP/s")
		add(fmt.Sprintf("the same, %s", m.name), per*1e6, "µs")
	}
	return errors.Join(blas.Close(), r.MemFree(at[0]), r.MemFree(at[1]), r.MemFree(at[2]))
}
