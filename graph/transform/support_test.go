package transform

import (
	"math"
	"strings"
	"testing"
)

func TestForCoversEveryKind(t *testing.T) {
	for k := Real; k <= IntegerRange; k++ {
		s := Support{Kind: k, Lo: -1, Hi: 2}
		tr, err := For(s)
		if s.Discrete() {
			if err == nil {
				t.Errorf("%v: discrete support got transform %T", k, tr)
			}
			continue
		}
		if err != nil {
			t.Errorf("%v: %v", k, err)
			continue
		}
		if tr.EventRank() != s.EventRank() {
			t.Errorf("%v: event rank %d, its transform's %d", k, s.EventRank(), tr.EventRank())
		}
		if s.EventRank() == 0 && !s.Contains(tr.ForwardHost([]float64{0.3}, nil)[0]) {
			t.Errorf("%v does not contain %v", s, tr.ForwardHost([]float64{0.3}, nil))
		}
	}
	if len(kindNames) != int(IntegerRange)+1 || strings.HasPrefix(IntegerRange.String(), "Kind(") {
		t.Error("a kind has no name")
	}
}

func TestForRefusesBadBounds(t *testing.T) {
	for _, s := range []Support{
		{Interval, 1, 1}, {Interval, 2, 1}, {Interval, math.Inf(-1), 0}, {Interval, 0, math.NaN()},
		{LowerBounded, math.Inf(-1), 0}, {UpperBounded, 0, math.Inf(1)}, {Kind: 200},
	} {
		if _, err := For(s); err == nil {
			t.Errorf("For(%v) succeeded", s)
		}
	}
}

func TestContains(t *testing.T) {
	rows := []struct {
		s       Support
		in, out []float64
	}{
		{Support{Kind: Real}, []float64{-1e300, 0}, []float64{math.NaN(), math.Inf(1)}},
		{Support{Kind: Positive}, []float64{1e-300}, []float64{0, -1, math.Inf(1)}},
		{Support{Kind: Interval, Lo: 0, Hi: 1}, []float64{0.5}, []float64{0, 1, 2}},
		{Support{Kind: LowerBounded, Lo: 2}, []float64{3}, []float64{2}},
		{Support{Kind: UpperBounded, Hi: 2}, []float64{1}, []float64{2}},
		{Support{Kind: Binary}, []float64{0, 1}, []float64{0.5, 2, -1}},
		{Support{Kind: NonNegativeInteger}, []float64{0, 7}, []float64{-1, 1.5}},
		{Support{Kind: IntegerRange, Lo: 0, Hi: 3}, []float64{0, 3}, []float64{4, 0.5, -1}},
		{Support{Kind: Simplex}, []float64{0.2}, []float64{0, 1.5}},
		{Support{Kind: CorrCholesky}, []float64{-1, 1}, []float64{1.5}},
	}
	for _, r := range rows {
		for _, x := range r.in {
			if !r.s.Contains(x) {
				t.Errorf("%v should contain %g", r.s, x)
			}
		}
		for _, x := range r.out {
			if r.s.Contains(x) {
				t.Errorf("%v should not contain %g", r.s, x)
			}
		}
	}
}
