//go:build elbo_cuda && linux

package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"elbo/kernels/cuda/internal/driver"
)

// Quirk is one question with its answer.
type Quirk struct {
	Name string
	Err  error // what is not as it should be; nil is well
}

// Quirks asks all questions of one card.
func Quirks(index int) ([]Quirk, error) {
	r, err := openRig(index)
	if err != nil {
		return nil, err
	}
	var out []Quirk
	for _, q := range []struct {
		name string
		ask  func() error
	}{
		{"packed launch: chars, shorts, a struct of 24 bytes, floats", r.packed},
		{"graph of three launches, replayed 100 times", r.replay},
		{"pinned copies on two streams, ordered by an event", r.pinned},
		{"strided batched GEMM, float32", func() error { return r.batched(false) }},
		{"strided batched GEMM, float64", func() error { return r.batched(true) }},
		{"GEMM captured in a graph, replayed over new contents", r.capturedGemm},
	} {
		out = append(out, Quirk{q.name, r.Do(q.ask)})
	}
	return out, r.Close()
}

// packed passes arguments of all sizes and alignments.
func (r *rig) packed() error {
	f, err := r.code.Function("elbo_packed")
	if err != nil {
		return err
	}
	out, err := r.MemAlloc(7 * 8)
	if err != nil {
		return err
	}
	triple := make([]byte, 24)
	binary.LittleEndian.PutUint64(triple, math.Float64bits(1.5))
	binary.LittleEndian.PutUint32(triple[8:], 0xfffffff9) // -7
	binary.LittleEndian.PutUint64(triple[16:], 1<<40)
	var args driver.Args
	args.Ptr(out).Bytes([]byte{0xfe}).Bytes([]byte{0x2c, 0x01}).Bytes(triple).F32(0.25).Bytes([]byte{200})
	if err := r.stream.Launch(f, driver.Shape{Block: [3]int{32}}, &args); err != nil {
		return err
	}
	if err := r.stream.Sync(); err != nil {
		return err
	}
	raw := make([]byte, 7*8)
	if err := r.CopyDtoH(raw, out); err != nil {
		return err
	}
	for i, want := range []float64{-2, 300, 1.5, -7, 1 << 40, 0.25, 200} {
		if got := math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])); got != want {
			return wrong("argument %d arrived as %v, want %v", i, got, want)
		}
	}
	return r.MemFree(out)
}

// replay captures launches once and runs them often.
func (r *rig) replay() error {
	const n, launches, replays = 1000, 3, 100
	f, err := r.code.Function("elbo_increment")
	if err != nil {
		return err
	}
	x, err := r.upload(make([]float32, n))
	if err != nil {
		return err
	}
	exec, err := r.capture(func() error {
		for range launches {
			if err := r.stream.Launch(f, shape(n), new(driver.Args).Ptr(x).I32(n)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for range replays {
		if err := exec.Launch(r.stream); err != nil {
			return err
		}
	}
	if err := r.stream.Sync(); err != nil {
		return err
	}
	got, err := r.download(x, n)
	if err != nil {
		return err
	}
	for i, v := range got {
		if v != launches*replays {
			return wrong("element %d is %v after %d replays of %d launches", i, v, replays, launches)
		}
	}
	return errors.Join(exec.Destroy(), r.MemFree(x))
}

// capture records what f puts into the stream.
func (r *rig) capture(f func() error) (*driver.GraphExec, error) {
	if err := r.stream.BeginCapture(); err != nil {
		return nil, err
	}
	failed := f()
	g, err := r.stream.EndCapture()
	if err := errors.Join(failed, err); err != nil {
		return nil, err
	}
	exec, err := g.Instantiate()
	return exec, errors.Join(err, g.Destroy())
}

// pinned sends bytes on one stream and fetches them on another, which waits for an event alone.
func (r *rig) pinned() error {
	const n = 1 << 20
	there, err := r.PinnedAlloc(n)
	if err != nil {
		return err
	}
	back, err := r.PinnedAlloc(n)
	if err != nil {
		return err
	}
	mem, err := r.MemAlloc(n)
	if err != nil {
		return err
	}
	other, err := r.NewStream()
	if err != nil {
		return err
	}
	sent, err := r.NewEvent(false)
	if err != nil {
		return err
	}
	for i := range there.Bytes() {
		there.Bytes()[i] = byte(i*i>>7 + i)
	}
	for _, f := range []func() error{
		func() error { return r.stream.CopyHtoDAsync(mem, there, 0, n) },
		func() error { return sent.Record(r.stream) },
		func() error { return other.Wait(sent) },
		func() error { return other.CopyDtoHAsync(back, 0, mem, n) },
		other.Sync,
	} {
		if err := f(); err != nil {
			return err
		}
	}
	if string(there.Bytes()) != string(back.Bytes()) {
		return wrong("%d bytes sent and fetched differ", n)
	}
	return errors.Join(sent.Destroy(), other.Destroy(), r.MemFree(mem), back.Free(), there.Free())
}

// batched multiplies three pairs of matrices whose numbers are small integers, so that every order
// of summation gives the same.
func (r *rig) batched(double bool) error {
	const batch, m, n, k = 3, 5, 7, 6
	size := 4
	if double {
		size = 8
	}
	pack := func(x []int) []byte {
		raw := make([]byte, size*len(x))
		for i, v := range x {
			if double {
				binary.LittleEndian.PutUint64(raw[8*i:], math.Float64bits(float64(v)))
			} else {
				binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(float32(v)))
			}
		}
		return raw
	}
	a, b, c := make([]int, batch*m*k), make([]int, batch*k*n), make([]int, batch*m*n)
	for i := range a {
		a[i] = i%11 - 5
	}
	for i := range b {
		b[i] = i%7 - 3
	}
	for p := range batch { // a is stored (k, m)
		for i := range m {
			for j := range n {
				for l := range k {
					c[(p*m+i)*n+j] += a[(p*k+l)*m+i] * b[(p*k+l)*n+j]
				}
			}
		}
	}
	var at [3]driver.Ptr
	for i, x := range [][]byte{pack(a), pack(b), make([]byte, size*len(c))} {
		p, err := r.MemAlloc(len(x))
		if err != nil {
			return err
		}
		if err := r.CopyHtoD(p, x); err != nil {
			return err
		}
		at[i] = p
	}
	blas, err := r.NewBlas(r.stream, 32<<20)
	if err != nil {
		return err
	}
	g := driver.Gemm{M: m, N: n, K: k, TransA: true, Alpha: 1, A: at[0], B: at[1], C: at[2], Batch: batch,
		NextA: m * k, NextB: k * n, NextC: m * n}
	multiply := blas.GemmBatched32
	if double {
		multiply = blas.GemmBatched64
	}
	if err := errors.Join(multiply(g), r.stream.Sync()); err != nil {
		return err
	}
	got := make([]byte, size*len(c))
	if err := r.CopyDtoH(got, at[2]); err != nil {
		return err
	}
	if string(got) != string(pack(c)) {
		return wrong("the product of %d pairs of %d×%d and %d×%d matrices is wrong", batch, m, k, k, n)
	}
	return errors.Join(blas.Close(), r.MemFree(at[0]), r.MemFree(at[1]), r.MemFree(at[2]))
}

// capturedGemm replays a product of n×n matrices after one factor has changed.
func (r *rig) capturedGemm() error {
	const n = 64
	eye := make([]float32, n*n)
	for i := range n {
		eye[i*n+i] = 1
	}
	var at [3]driver.Ptr
	for i, x := range [][]float32{eye, make([]float32, n*n), make([]float32, n*n)} {
		p, err := r.upload(x)
		if err != nil {
			return err
		}
		at[i] = p
	}
	blas, err := r.NewBlas(r.stream, 32<<20)
	if err != nil {
		return err
	}
	product := func() error {
		return blas.Gemm32(driver.Gemm{M: n, N: n, K: n, Alpha: 1, A: at[0], B: at[1], C: at[2]})
	}
	if err := errors.Join(product(), r.stream.Sync()); err != nil { // the library sets itself up
		return err
	}
	exec, err := r.capture(product)
	if err != nil {
		return err
	}
	want := ramp(n * n)
	if err := r.CopyHtoD(at[1], raw32(want)); err != nil {
		return err
	}
	if err := errors.Join(exec.Launch(r.stream), r.stream.Sync()); err != nil {
		return err
	}
	got, err := r.download(at[2], n*n)
	if err != nil {
		return err
	}
	for i := range want {
		if got[i] != want[i] {
			return fmt.Errorf("probe: element %d of a replayed product by the identity is %v, want %v", i, got[i], want[i])
		}
	}
	return errors.Join(exec.Destroy(), blas.Close(), r.MemFree(at[0]), r.MemFree(at[1]), r.MemFree(at[2]))
}
