package nn

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"elbo/graph"
)

// The safetensors package of Python reads what SaveTensors writes, bit by bit, and LoadTensors
// what that package writes. ELBO_PYTHON names an interpreter that has the package.
func TestPythonTensors(t *testing.T) {
	python := os.Getenv("ELBO_PYTHON")
	if python == "" {
		t.Skip("ELBO_PYTHON is not set; bench/peers/run sets it to an interpreter with safetensors")
	}
	script := filepath.Join("..", "..", "bench", "peers", "safetensors_check.py")
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(python, append([]string{script}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}

	tensors, meta := sample()
	path, _ := save(t, tensors, meta)
	type content struct {
		DType string `json:"dtype"`
		Shape []int  `json:"shape"`
		Bits  string `json:"bits"`
	}
	expected := map[string]content{}
	for name, x := range tensors {
		var b bytes.Buffer
		if err := encode(&b, &x, make([]byte, pieceBytes)); err != nil {
			t.Fatal(err)
		}
		expected[name] = content{dtypeNames[x.DType], x.Shape, hex.EncodeToString(b.Bytes())}
	}
	raw, err := json.Marshal(expected)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "expected.json")
	if err := os.WriteFile(list, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	run("read", path, list)

	foreign := filepath.Join(t.TempDir(), "foreign.safetensors")
	run("write", foreign)
	got, meta, err := LoadTensors(foreign)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || meta["format"] != "np" || len(meta) != 1 {
		t.Errorf("%d tensors, metadata %v", len(got), meta)
	}
	near(t, "counting", got["counting"].Data, []float64{0, 0.25, 0.5, 0.75, 1, 1.25}, 0)
	near(t, "wide", got["wide"].Data, []float64{math.Pi, -1e300, 5e-324}, 0)
	if s := got["scalar"]; len(s.Shape) != 0 || s.DType != graph.F32 || !math.Signbit(s.Data[0]) {
		t.Errorf("scalar is %+v", s)
	}
}
