package nn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"elbo/graph"
)

// sample holds both types, a scalar, names in need of escapes, and values that must survive.
func sample() (map[string]Tensor, map[string]string) {
	return map[string]Tensor{
		"encoder/0/weight": {[]int{2, 3}, graph.F32, []float64{1, -2, 0.5, 3e38, math.Copysign(0, -1), 1e-45}},
		"noise":            {[]int{3}, graph.F64, []float64{math.Pi, -1e300, 5e-324}},
		"τ \"quoted\" \n":  {[]int{}, graph.F32, []float64{7}},
	}, map[string]string{"format": "pt", "config": `{"latent": 20}`}
}

func save(t *testing.T, tensors map[string]Tensor, meta map[string]string) (path string, raw []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "w.safetensors")
	if err := SaveTensors(path, tensors, meta); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, raw
}

func TestTensorsRoundTrip(t *testing.T) {
	tensors, meta := sample()
	path, raw := save(t, tensors, meta)
	got, gotMeta, err := LoadTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range tensors {
		if want.DType == graph.F32 {
			for i, v := range want.Data {
				want.Data[i] = float64(float32(v))
			}
		}
		if !reflect.DeepEqual(got[name], want) || math.Signbit(got[name].Data[0]) != math.Signbit(want.Data[0]) {
			t.Errorf("%q came back as %v, want %v", name, got[name], want)
		}
	}
	if len(got) != len(tensors) {
		t.Errorf("%d tensors came back", len(got))
	}
	if len(gotMeta[checksumKey]) != 64 {
		t.Errorf("checksum %q", gotMeta[checksumKey])
	}
	delete(gotMeta, checksumKey)
	if !maps.Equal(gotMeta, meta) {
		t.Errorf("metadata came back as %v", gotMeta)
	}
	// The payload is aligned to 8 bytes, wide types first, and the bytes are always the same.
	if n := binary.LittleEndian.Uint64(raw); n%8 != 0 || len(raw) != 8+int(n)+7*4+3*8 {
		t.Errorf("header of %d bytes in a file of %d", n, len(raw))
	}
	if !bytes.Contains(raw, []byte(`"noise":{"dtype":"F64","shape":[3],"data_offsets":[0,24]}`)) {
		t.Errorf("the wide type is not first: %q", raw)
	}
	for i := range 8 {
		_, raw := save(t, tensors, map[string]string{"pad": strings.Repeat("x", i)})
		if n := binary.LittleEndian.Uint64(raw); n%8 != 0 {
			t.Errorf("a header of %d bytes", n)
		}
	}
	if _, again := save(t, tensors, meta); !bytes.Equal(raw, again) {
		t.Error("the same tensors make another file")
	}
}

// NaN and infinities are kept, whatever they do to a training.
func TestTensorsNonFinite(t *testing.T) {
	for _, dt := range []graph.DType{graph.F32, graph.F64} {
		path, _ := save(t, map[string]Tensor{"x": {[]int{3}, dt, []float64{math.NaN(), math.Inf(1), math.Inf(-1)}}}, nil)
		got, _, err := LoadTensors(path)
		if err != nil {
			t.Fatal(err)
		}
		if v := got["x"].Data; !math.IsNaN(v[0]) || !math.IsInf(v[1], 1) || !math.IsInf(v[2], -1) {
			t.Errorf("%v came back as %v", dt, v)
		}
	}
}

// More elements than one piece holds, of both types, and no tensors at all.
func TestTensorsLargeAndNone(t *testing.T) {
	big := make([]float64, 3*pieceBytes/8+5)
	for i := range big {
		big[i] = float64(i)
	}
	shape := []int{len(big)}
	path, _ := save(t, map[string]Tensor{"a": {shape, graph.F32, big}, "b": {shape, graph.F64, big}}, nil)
	got, _, err := LoadTensors(path)
	if err != nil || !slices.Equal(got["a"].Data, big) || !slices.Equal(got["b"].Data, big) {
		t.Errorf("large tensors came back changed: %v", err)
	}
	path, _ = save(t, nil, nil)
	if got, meta, err := LoadTensors(path); err != nil || len(got) != 0 || len(meta) != 1 {
		t.Errorf("no tensors came back as %v, %v, %v", got, meta, err)
	}
}

func TestSaveTensorsErrors(t *testing.T) {
	x := Tensor{[]int{2}, graph.F32, []float64{1, 2}}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for _, c := range []struct {
		tensors map[string]Tensor
		meta    map[string]string
		want    string
	}{
		{map[string]Tensor{"a": {[]int{3}, graph.F32, []float64{1, 2}}}, nil, `"a": it has 2 elements`},
		{map[string]Tensor{"a": {[]int{0}, graph.F32, nil}}, nil, "extent below 1"},
		{map[string]Tensor{"a": {[]int{1}, graph.I32, []float64{1}}}, nil, "F32 and F64"},
		{map[string]Tensor{"\xff": x}, nil, "name"},
		{map[string]Tensor{metadataKey: x}, nil, "name"},
		{nil, map[string]string{checksumKey: "0"}, "kept for the checksum"},
		{nil, map[string]string{"a": "\xff"}, "UTF-8"},
	} {
		err := SaveTensors(path, c.tensors, c.meta)
		if e := new(FileError); !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	if err := SaveTensors(filepath.Join(path, "no", "such"), map[string]Tensor{"a": x}, nil); err == nil {
		t.Error("a missing directory is accepted")
	}
	if _, _, err := LoadTensors(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, _, err := LoadTensors(t.TempDir()); err == nil {
		t.Error("a directory is read")
	}
}

// A failed write leaves the old file, and no other beside it.
func TestReplaceFileKeepsTheOld(t *testing.T) {
	path, raw := save(t, map[string]Tensor{"a": {[]int{1}, graph.F32, []float64{1}}}, nil)
	broken := errors.New("broken")
	err := replaceFile(path, func(w io.Writer) error {
		if _, err := w.Write([]byte("half")); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	now, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(now, raw) {
		t.Errorf("the old file is gone: %v", err)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("files left: %v, %v", files, err)
	}
}
