package regress

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// savedModel is the file of a small fitted model.
func savedModel(t testing.TB, family string) []byte {
	t.Helper()
	text, truth := simulated(t, family, 60, 4)
	f := fit(t, prepare(t, text, Options{Formula: truth.Formula, Family: family, Draws: 20}), openDevice(t, 1))
	file, err := json.Marshal(f.Save())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDamagedModels changes one field of a model file at a time.
func TestDamagedModels(t *testing.T) {
	file := savedModel(t, "negbinomial(log)")
	if _, err := Load(file); err != nil {
		t.Fatal(err)
	}
	short := func(v any) any { return v.([]any)[1:] }
	with := func(i int, x any) func(any) any {
		return func(v any) any { v.([]any)[i] = x; return v }
	}
	to := func(x any) func(any) any { return func(any) any { return x } }
	for name, change := range map[string]struct {
		field string
		value func(any) any
	}{
		"other version":       {"schema_version", to(2)},
		"unknown family":      {"family", to("weibull(log)")},
		"unknown link":        {"family", to("poisson(sqrt)")},
		"other family":        {"family", to("poisson(log)")},
		"categories":          {"family", to("categorical(softmax)")},
		"no encoder":          {"encoder", to(nil)},
		"damaged encoder":     {"encoder", to(map[string]any{"schema_version": 1})},
		"short mean":          {"mean", short},
		"short covariance":    {"cov", short},
		"short column sds":    {"column_sd", short},
		"no column means":     {"column_mean", to(nil)},
		"short mcse":          {"mcse", to([]float64{1})},
		"text for a number":   {"mean", with(0, "x")},
		"zero column sd":      {"column_sd", with(1, 0)},
		"negative column sd":  {"column_sd", with(1, -1)},
		"negative variance":   {"cov", with(0, -1)},
		"asymmetric":          {"cov", with(6, 1e-4)},
		"not positive":        {"cov", with(1, 1e9)},
		"no mass":             {"prob", to(0)},
		"too much mass":       {"prob", to(1.5)},
		"no draws":            {"draws", to(0)},
		"absurdly many draws": {"draws", to(1e15)},
	} {
		var fields map[string]any
		if err := json.Unmarshal(file, &fields); err != nil {
			t.Fatal(err)
		}
		fields[change.field] = change.value(fields[change.field])
		damaged, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(damaged); !errors.Is(err, ErrSaved) {
			t.Errorf("%s: error %v, want ErrSaved", name, err)
		}
	}
	for _, n := range []int{0, 1, len(file) / 2, len(file) - 1} {
		if _, err := Load(file[:n]); !errors.Is(err, ErrSaved) {
			t.Errorf("first %d bytes: error %v, want ErrSaved", n, err)
		}
	}
}

// FuzzLoad replaces bytes of model files: Load answers with a model that can be summarised, or with ErrSaved.
func FuzzLoad(f *testing.F) {
	files := [][]byte{savedModel(f, "gaussian(identity)"), savedModel(f, "categorical(softmax)"), savedModel(f, "binomial(logit)")}
	f.Add(uint8(0), uint16(3), "9")
	f.Add(uint8(1), uint16(40), "\"\"")
	f.Add(uint8(2), uint16(900), "-1e308")
	f.Fuzz(func(t *testing.T, which uint8, at uint16, with string) {
		file := string(files[int(which)%len(files)])
		i := int(at) % len(file)
		end := min(i+len(with), len(file))
		s, err := Load([]byte(file[:i] + with + file[end:]))
		if err != nil {
			if !errors.Is(err, ErrSaved) {
				t.Errorf("error %v, want ErrSaved", err)
			}
			return
		}
		for _, q := range s.Summarise(0.95) {
			if !finiteAll([]float64{q.Mean, q.SD}) && !strings.Contains(with, "e") {
				t.Errorf("%s: mean %v, sd %v", q.Name, q.Mean, q.SD)
			}
		}
		s.Outputs(EPred)
	})
}
