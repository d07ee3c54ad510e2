//go:build elbo_cuda && linux

package driver

import (
	"reflect"
	"testing"

	"gorgonia.org/cu"
	cublas "gorgonia.org/cu/blas"
	"gorgonia.org/cu/nvrtc"
)

// TestHandles holds gorgonia.org/cu to the layout that handles.go relies on: the C handle first.
func TestHandles(t *testing.T) {
	for _, c := range []struct {
		value         any
		field, holder string
	}{
		{cu.Function{}, "fn", "CUfunction"},
		{cu.Module{}, "mod", "CUmodule"},
		{cu.Graph{}, "g", "CUgraph"},
		{cu.ExecGraph{}, "g", "CUgraphExec"},
		{nvrtc.Program{}, "c", "nvrtcProgram"},
		{cublas.Standard{}, "h", "cublasHandle_t"},
	} {
		typ := reflect.TypeOf(c.value)
		f := typ.Field(0)
		if f.Name != c.field || f.Offset != 0 || f.Type.Name() != "_Ctype_"+c.holder {
			t.Errorf("%v starts with %s %s, want %s _Ctype_%s", typ, f.Name, f.Type.Name(), c.field, c.holder)
		}
	}
}
