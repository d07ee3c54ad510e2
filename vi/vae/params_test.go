package vae

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/graph/nn"
)

func savedBars(t *testing.T) (dir string, m *Model, p Params) {
	t.Helper()
	return savedModel(t, Config{Item: []int{6, 6}, Encoder: []int{5}, Decoder: []int{5}, Latent: 2})
}

func savedModel(t *testing.T, c Config) (dir string, m *Model, p Params) {
	t.Helper()
	m, p = mustNew(t, c), Params{}
	for name, v := range anyParams(m, 1) {
		for i := range v {
			if m.dtype == graph.F32 {
				v[i] = float64(float32(v[i])) // what such a model can hold
			}
		}
		p[name] = v
	}
	dir = t.TempDir()
	if err := m.Save(dir, p); err != nil {
		t.Fatal(err)
	}
	return dir, m, p
}

// savedConfigs have, between them, every field of Config set to something else than its default.
func savedConfigs() []Config {
	return []Config{
		{Item: []int{4}, Encoder: []int{5}, Decoder: []int{6}, Activation: "tanh", Latent: 3, FreeBits: 0.5, Beta: 2,
			Anneal: "cyclic", AnnealSteps: 7, Binarize: "static", DType: "float64", Scale: "unit", Seed: 1 << 63},
		{Item: []int{4}, Prior: "vamp", Components: 2, Posterior: "iaf", Flows: 2, FlowHidden: 3, Objective: "renyi",
			K: 4, Alpha: 0.5},
		{Item: []int{2, 2}, Arch: "layers", Likelihood: "gaussian", Latent: 2,
			EncoderLayers: []nn.Spec{{Layer: "flatten"}, {Layer: "linear", Units: 3, Activation: "elu", BiasInit: nn.Ones}},
			DecoderLayers: []nn.Spec{{Layer: "linear", Units: 4, NoBias: true}, {Layer: "leaky", Slope: 0.3}}},
	}
}

// TestSaveLoad: a model read back is the model, bit for bit.
func TestSaveLoad(t *testing.T) {
	set := map[string]bool{}
	for _, c := range savedConfigs() {
		m := checkSaved(t, c)
		v, plain := reflect.ValueOf(m.Config()), reflect.ValueOf(Config{}.WithDefaults())
		for i := range v.NumField() {
			set[v.Type().Field(i).Name] = set[v.Type().Field(i).Name] ||
				!reflect.DeepEqual(v.Field(i).Interface(), plain.Field(i).Interface())
		}
	}
	for field, ok := range set {
		if !ok {
			t.Errorf("no configuration sets %s", field)
		}
	}
}

func checkSaved(t *testing.T, c Config) *Model {
	t.Helper()
	dir, m, p := savedModel(t, c)
	m2, p2, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m2.Config(), m.Config()) || len(p2) != len(p) {
		t.Errorf("%+v with %d parameters; %+v with %d was saved", m2.Config(), len(p2), m.Config(), len(p))
	}
	for name, v := range p {
		for i := range v {
			if p2[name][i] != v[i] {
				t.Fatalf("%s[%d] is %g, %g was saved", name, i, p2[name][i], v[i])
			}
		}
	}
	return m
}

// TestLoadRefuses damaged directories and those of other models, naming what is wrong.
func TestLoadRefuses(t *testing.T) {
	write := func(name, text string) func(dir string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666) }
	}
	swap := func(old, new string) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, ModelFile)
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o666)
		}
	}
	for _, c := range []struct {
		name, want string
		damage     func(dir string) error
	}{
		{"a regression", "kind", write(ModelFile, `{"schema_version": 1, "family": "gaussian"}`)},
		{"no JSON", ModelFile, write(ModelFile, "model: vae")},
		{"a later version", "schema_version", swap(`"schema_version": 1`, `"schema_version": 9`)},
		{"another shape", `"decoder/0/weight" has shape [2 5]`, swap(`"latent": 2`, `"latent": 3`)},
		{"a negative size", "latent", swap(`"latent": 2`, `"latent": -2`)},
		{"an unknown likelihood", "likelihood", swap(`"bernoulli"`, `"poisson"`)},
		{"a huge model file", "bytes", write(ModelFile, strings.Repeat(" ", 2<<20))},
		{"damaged weights", WeightsFile, write(WeightsFile, "\x08\x00\x00\x00\x00\x00\x00\x00{}{}{}{}")},
		{"other weights", "not the model's", func(dir string) error {
			_, p, err := Load(dir)
			if err != nil {
				return err
			}
			tensors := map[string]nn.Tensor{"extra": {Data: []float64{1}}}
			for name, v := range p {
				tensors[name] = nn.Tensor{Shape: mustNew(t, Config{Item: []int{6, 6}, Encoder: []int{5},
					Decoder: []int{5}, Latent: 2}).shapes[name], Data: v}
			}
			return nn.SaveTensors(filepath.Join(dir, WeightsFile), tensors, nil)
		}},
	} {
		dir, _, _ := savedBars(t)
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		_, _, err := Load(dir)
		if !errors.Is(err, ErrSaved) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; %q wanted", c.name, err, c.want)
		}
	}
	if _, _, err := Load(t.TempDir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty directory: %v", err)
	}
	_, m, p := savedBars(t)
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		p["decoder/out/bias"][3] = x
		if err := m.Save(t.TempDir(), p); !errors.Is(err, ErrSaved) || !strings.Contains(err.Error(), "decoder/out/bias") {
			t.Errorf("a parameter that is %g: %v", x, err)
		}
	}
}
