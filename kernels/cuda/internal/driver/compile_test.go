//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
)

func TestCompileWithHeaders(t *testing.T) {
	const source = "#include \"one.h\"\nextern \"C\" __global__ void f(int *x) { *x = ONE + TWO; }"
	headers := map[string]string{"one.h": "#include \"two.h\"\n#define ONE 1\n", "two.h": "#define TWO 2\n"}
	inside(t, func(c *Context) error {
		image, _, err := Compile(source, headers, nil)
		if err != nil {
			return err
		}
		f := must(must(c.LoadModule(image)).Function("f"))
		s, p := must(c.NewStream()), must(c.MemAlloc(4))
		got := make([]byte, 4)
		err = errors.Join(s.Launch(f, Shape{}, new(Args).Ptr(p)), s.Sync(), c.CopyDtoH(got, p))
		if got[0] != 3 {
			t.Errorf("got %v, want 3", got)
		}
		return err
	})
}

func TestCompileError(t *testing.T) {
	_, log, err := Compile("extern \"C\" __global__ void f() { undeclared = 1; }", nil, nil)
	var e *Error
	if !errors.As(err, &e) || e.Library != NVRTC || e.Code != 6 {
		t.Fatalf("%v, want the compilation error of NVRTC", err)
	}
	if !strings.Contains(log, "undeclared") || !strings.Contains(err.Error(), "undeclared") {
		t.Errorf("log %q and error %q do not name the mistake", log, err)
	}
}

func TestCompileFromMany(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, _, err := Compile(addSource, nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestArch(t *testing.T) {
	for _, c := range []struct{ major, minor int }{{9, 0}, {9, 9}, {99, 0}} {
		a, err := Arch(c.major, c.minor)
		if err != nil || !regexp.MustCompile(`^(sm|compute)_\d+$`).MatchString(a) {
			t.Errorf("Arch(%d, %d) is %q, %v", c.major, c.minor, a, err)
		}
	}
	if a, err := Arch(1, 0); err == nil {
		t.Errorf("compute capability 1.0 compiles as %q", a)
	}
	if v, err := CompilerVersion(); err != nil || !regexp.MustCompile(`^\d+\.\d+$`).MatchString(v) {
		t.Errorf("NVRTC's version is %q, %v", v, err)
	}
}
