package result

import (
	"bytes"
	"encoding/json"
	"flag"
	"math"
	"os"
	"strings"
	"testing"

	"elbo/cmd/internal/screen"
	"elbo/vi/train"
)

var update = flag.Bool("update", false, "rewrite golden files")

// sample is a finished fit.
func sample() *Summary {
	return &Summary{
		SchemaVersion: 1, Formula: "y ~ x + C(f)", Family: "gaussian", Link: "identity", Guide: "fullrank",
		Device: "cpu",
		DType:  "float64", Seed: 7, Data: "d.csv.gz", Rows: 1200, RowsUsed: 1100,
		RowsDropped: map[string]int64{"x": 60, "y": 60, "a": 2},
		Steps:       1500, Epochs: 12.25, WallS: 3.14, Stop: Stop{train.Converged, 0.0123}, Elbo: -1234.5,
		ElboSE: 0.0021,
		KHat:   0.31, KHatThreshold: 0.67, KHatVerdict: KHatOK, Draws: 1000, Prob: 0.95,
		DeviceLabel: "cpu (EPYC, 2 threads)",
		Parameters: []Parameter{
			{"b_Intercept", -4.9512, 0.1534, -4.95, -5.2519, -4.6505, 5.9e-6},
			{"b_x", 1.015912, 0.000776, 1.0159, 1.01439, 1.01743, 0},
			{"b_fB", 1234.5, 210, 1234, 823, 1646, 2}, {"sigma", 17.5612, 0.0217, 17.56, 17.5187, 17.6037, 9.1e-6},
		},
	}
}

// TestText compares what people read with golden files: a sound fit, and ones whose faults lead.
func TestText(t *testing.T) {
	stopped := sample()
	stopped.Stop = Stop{train.OutOfBudget, Number(math.NaN())}
	stopped.KHat, stopped.KHatVerdict = 1.4, KHatBad
	stopped.Warnings = []string{"collinear predictors: b_z is a combination of b_x", "b_w: (nearly) perfect separation"}
	doubtful := sample()
	doubtful.KHat, doubtful.KHatVerdict, doubtful.Prob = 0.82, KHatWarn, 0.9
	mode := sample()
	mode.Guide, mode.KHat, mode.KHatVerdict, mode.ElboSE = "map", Number(math.NaN()), KHatUnknown, Number(math.NaN())
	for name, s := range map[string]*Summary{"sound": sample(), "bad": stopped, "doubtful": doubtful, "map": mode} {
		var out bytes.Buffer
		if err := s.WriteText(&out, screen.Style{}); err != nil {
			t.Fatal(err)
		}
		golden := "testdata/" + name + ".golden"
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s changed; look at it and run with -update\n%s", name, out.String())
		}
	}
}

// TestFaultsComeFirst: within the first two lines, before any number of the table.
func TestFaultsComeFirst(t *testing.T) {
	s := sample()
	s.KHat, s.KHatVerdict, s.Stop.Reason = Number(math.Inf(1)), KHatBad, train.OutOfTime
	var out bytes.Buffer
	if err := s.WriteText(&out, screen.Style{}); err != nil {
		t.Fatal(err)
	}
	first := strings.SplitN(out.String(), "\n", 3)
	if !strings.HasPrefix(first[0], "DO NOT TRUST") || !strings.Contains(first[0], "infinite") ||
		!strings.HasPrefix(first[1], "NOT CONVERGED") {
		t.Errorf("the page begins\n%s\n%s", first[0], first[1])
	}
}

// TestJSON: numbers survive to the last bit, and what is not finite is null.
func TestJSON(t *testing.T) {
	s := sample()
	s.Parameters[0].Mean, s.Parameters[0].Upper, s.KHat, s.KHatVerdict = Number(math.Pi), Number(math.Inf(1)),
		Number(math.Inf(1)), KHatBad
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back Summary
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Parameters[0].Mean != Number(math.Pi) || !math.IsNaN(float64(back.Parameters[0].Upper)) {
		t.Errorf("read back %+v", back.Parameters[0])
	}
	if !math.IsInf(back.KHatValue(), 1) || back.Converged() != s.Converged() {
		t.Errorf("k-hat %v after reading back, want infinite", back.KHatValue())
	}
	var keys map[string]any
	if err := json.Unmarshal(text, &keys); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"schema_version", "formula", "family", "link", "guide", "device", "dtype", "seed",
		"rows_used", "rows_dropped",
		"steps", "epochs", "wall_s", "stop", "elbo", "khat", "khat_threshold", "draws", "prob", "parameters"} {
		if _, ok := keys[k]; !ok {
			t.Errorf("summary.json lacks %q", k)
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		khat float64
		want Verdict
	}{{-0.2, KHatOK}, {0.67, KHatOK}, {0.671, KHatWarn}, {1, KHatWarn}, {1.01, KHatBad},
		{math.Inf(1), KHatBad}, {math.NaN(), KHatUnknown}} {
		if got := Judge(c.khat, 0.67); got != c.want {
			t.Errorf("Judge(%v) = %s, want %s", c.khat, got, c.want)
		}
	}
}
