//go:build elbo_cuda && linux

package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"elbo/kernels/cuda/internal/driver"
)

// rig is a card with a stream and the probes' kernels. Its methods run on the card's thread.
type rig struct {
	*driver.Context
	stream *driver.Stream
	code   *driver.Module
}

// source holds the kernels of all probes.
const source = `
struct Triple { double a; int b; long long c; };

extern "C" __global__ void elbo_packed(double *out, char c, short s, Triple t, float f, unsigned char last)
{
	if (threadIdx.x == 0 && blockIdx.x == 0) {
		out[0] = c; out[1] = s; out[2] = t.a; out[3] = t.b; out[4] = (double)t.c; out[5] = f; out[6] = last;
	}
}

extern "C" __global__ void elbo_increment(float *x, int n)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n) x[i] += 1.0f;
}

extern "C" __global__ void elbo_nothing(int)
{
}
`

// openRig opens a card. close it with Close of the context.
func openRig(index int) (*rig, error) {
	ctx, err := driver.Open(index)
	if err != nil {
		return nil, err
	}
	r := &rig{Context: ctx}
	if err := ctx.Do(r.start); err != nil {
		return nil, errors.Join(err, ctx.Close())
	}
	return r, nil
}

func (r *rig) start() error {
	arch, err := driver.Arch(r.Info().Major, r.Info().Minor)
	if err != nil {
		return err
	}
	image, _, err := driver.Compile(source, nil, []string{"--std=c++17", "--gpu-architecture=" + arch})
	if err != nil {
		return err
	}
	if r.code, err = r.LoadModule(image); err != nil {
		return err
	}
	r.stream, err = r.NewStream()
	return err
}

// block is the threads of a block of the probes' kernels.
const block = 256

// shape covers n elements.
func shape(n int) driver.Shape {
	return driver.Shape{Grid: [3]int{(n + block - 1) / block}, Block: [3]int{block}}
}

// upload makes device memory that holds float32 numbers.
func (r *rig) upload(x []float32) (driver.Ptr, error) {
	p, err := r.MemAlloc(4 * len(x))
	if err != nil {
		return 0, err
	}
	return p, r.CopyHtoD(p, raw32(x))
}

// download reads float32 numbers.
func (r *rig) download(p driver.Ptr, n int) ([]float32, error) {
	raw := make([]byte, 4*n)
	if err := r.CopyDtoH(raw, p); err != nil {
		return nil, err
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return x, nil
}

func raw32(x []float32) []byte {
	raw := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return raw
}

// ramp makes n numbers between -1 and 1 that differ from their neighbours.
func ramp(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32((i*37)%101)/50 - 1
	}
	return x
}

// rounds is how often a time is measured.
const rounds = 7

// median times f after one run that is not counted.
func median(f func() error) (time.Duration, error) {
	if err := f(); err != nil {
		return 0, err
	}
	times := make([]time.Duration, rounds)
	for i := range times {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[rounds/2], nil
}

// wrong is an error about a result.
func wrong(format string, args ...any) error { return fmt.Errorf("probe: "+format, args...) }
