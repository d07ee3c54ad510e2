//go:build elbo_cuda && linux

package driver

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

// addSource adds a number to each element.
const addSource = `
extern "C" __global__ void add(float *x, float by, int n) {
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	if (i < n) x[i] += by;
}`

// compiled compiles for device 0.
func compiled(source string) []byte {
	d := must(Devices())[0]
	image, _, err := Compile(source, nil, []string{"--gpu-architecture=" + must(Arch(d.Major, d.Minor))})
	return must(image, err)
}

// floats and its inverse turn numbers into device bytes.
func floats(x ...float32) []byte {
	var b []byte
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func fromFloats(b []byte) []float32 {
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return x
}

func TestLaunch(t *testing.T) {
	inside(t, func(c *Context) error {
		const n = 1000
		m := must(c.LoadModule(compiled(addSource)))
		f, s, p := must(m.Function("add")), must(c.NewStream()), must(c.MemAlloc(4*n))
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i)
		}
		err := c.CopyHtoD(p, floats(x...))
		var args Args
		for i := range 3 {
			args.Reset().Ptr(p).F32(float32(i)).I32(n)
			err = errors.Join(err, s.Launch(f, Shape{Grid: [3]int{8}, Block: [3]int{128}}, &args))
		}
		got := make([]byte, 4*n)
		err = errors.Join(err, s.Sync(), c.CopyDtoH(got, p))
		for i, v := range fromFloats(got) {
			if v != float32(i+3) {
				t.Fatalf("element %d is %v, want %d", i, v, i+3)
			}
		}
		return errors.Join(err, m.Unload())
	})
}

// TestArguments passes every kind of argument, among them a struct of more than 8 bytes.
func TestArguments(t *testing.T) {
	const source = `
struct Big { double a; int b; float c; long long d; int e[3]; };
extern "C" __global__ void take(double *out, int i, unsigned u, Big s, long long l, unsigned long long ul,
	float f, double d) {
	double v[] = {(double)i, (double)u, s.a, (double)s.b, (double)s.c, (double)s.d, (double)s.e[2],
		(double)l, (double)ul, (double)f, d};
	for (int k = 0; k < 11; k++) out[k] = v[k];
}`
	inside(t, func(c *Context) error {
		f := must(must(c.LoadModule(compiled(source))).Function("take"))
		s, p := must(c.NewStream()), must(c.MemAlloc(8*11))
		var big []byte
		big = binary.LittleEndian.AppendUint64(big, math.Float64bits(1.5))
		big = binary.LittleEndian.AppendUint32(big, 7)
		big = binary.LittleEndian.AppendUint32(big, math.Float32bits(2.25))
		big = binary.LittleEndian.AppendUint64(big, 1<<40)
		for _, v := range []uint32{1, 2, 3, 0} {
			big = binary.LittleEndian.AppendUint32(big, v)
		}
		args := new(Args).Ptr(p).I32(-5).U32(1 << 31).Bytes(big).I64(-1 << 40).U64(1 << 50).F32(0.5).F64(0.1)
		if args.Len() != 8 {
			t.Errorf("%d arguments, want 8", args.Len())
		}
		got := make([]byte, 8*11)
		err := errors.Join(s.Launch(f, Shape{}, args), s.Sync(), c.CopyDtoH(got, p))
		for i, want := range []float64{-5, 1 << 31, 1.5, 7, 2.25, 1 << 40, 3, -1 << 40, 1 << 50, 0.5, 0.1} {
			if v := math.Float64frombits(binary.LittleEndian.Uint64(got[8*i:])); v != want {
				t.Errorf("value %d is %v, want %v", i, v, want)
			}
		}
		return err
	})
}

// TestShared uses shared memory whose size the launch gives, in a cooperative launch too.
func TestShared(t *testing.T) {
	const source = `
extern "C" __global__ void turn(int *x) {
	extern __shared__ int s[];
	s[threadIdx.x] = x[threadIdx.x];
	__syncthreads();
	x[threadIdx.x] = s[blockDim.x - 1 - threadIdx.x];
}`
	inside(t, func(c *Context) error {
		f := must(must(c.LoadModule(compiled(source))).Function("turn"))
		s, p := must(c.NewStream()), must(c.MemAlloc(4*64))
		in := pattern(4 * 64)
		err := errors.Join(f.SetMaxShared(c.Info().Shared), c.CopyHtoD(p, in))
		got := make([]byte, len(in))
		want := slices.Clone(in)
		for _, cooperative := range []bool{false, true} {
			if cooperative && !c.Info().Cooperative {
				continue
			}
			shape := Shape{Block: [3]int{64}, Shared: 4 * 64, Cooperative: cooperative}
			err = errors.Join(err, s.Launch(f, shape, new(Args).Ptr(p)), s.Sync(), c.CopyDtoH(got, p))
			for i, j := 0, 63; i < j; i, j = i+1, j-1 {
				for k := range 4 {
					want[4*i+k], want[4*j+k] = want[4*j+k], want[4*i+k]
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("cooperative %t: the elements are not turned round", cooperative)
			}
		}
		return err
	})
}

func TestLaunchErrors(t *testing.T) {
	inside(t, func(c *Context) error {
		f := must(must(c.LoadModule(compiled(addSource))).Function("add"))
		s := must(c.NewStream())
		many := new(Args)
		for range maxArgs + 1 {
			many.I32(0)
		}
		for _, l := range []struct {
			shape Shape
			args  *Args
		}{
			{Shape{Grid: [3]int{-1}}, new(Args)},
			{Shape{Block: [3]int{1, 1, 1 << 31}}, new(Args)},
			{Shape{Shared: -1}, new(Args)},
			{Shape{}, many},
		} {
			var e *Error
			if err := s.Launch(f, l.shape, l.args); !errors.As(err, &e) || e.Name != "CUDA_ERROR_INVALID_VALUE" {
				t.Errorf("%+v with %d arguments: %v", l.shape, l.args.Len(), err)
			}
		}
		return nil
	})
}

func TestResources(t *testing.T) {
	inside(t, func(c *Context) error {
		f := must(must(c.LoadModule(compiled(addSource))).Function("add"))
		r := f.Resources()
		if r.Registers < 1 || r.BlockThreads < 32 || r.BlockThreads > c.Info().BlockThreads || r.Shared != 0 {
			t.Errorf("%+v", r)
		}
		n, err := f.Occupancy(128, 0)
		if n < 1 || n*128 > c.Info().SMThreads || f.Name() != "add" {
			t.Errorf("%d blocks of %s", n, f.Name())
		}
		return err
	})
}

func TestModuleErrors(t *testing.T) {
	inside(t, func(c *Context) error {
		if _, err := c.LoadModule([]byte("this is no image")); err == nil {
			t.Error("nonsense was loaded")
		}
		m := must(c.LoadModule(compiled(addSource)))
		var e *Error
		if _, err := m.Function("subtract"); !errors.As(err, &e) || e.Name != "CUDA_ERROR_NOT_FOUND" ||
			!strings.Contains(e.Call, "subtract") {
			t.Errorf("an absent function: %v", err)
		}
		return nil
	})
}
