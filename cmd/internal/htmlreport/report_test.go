package htmlreport

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"elbo/cmd/internal/result"
	"elbo/vi/train"
)

// sample is a fit with names that try to break the page.
func sample() (*result.Summary, []train.Metric) {
	s := &result.Summary{
		SchemaVersion: 1, Formula: `y ~ x + C(f, "<b>") & more`, Family: "gaussian", Link: "identity",
		Guide: "fullrank",
		Rows:  1200, RowsUsed: 1100, RowsDropped: map[string]int64{"<x>": 100},
		Stop: result.Stop{Reason: train.Converged, Criterion: 0.01},
		Elbo: -1234.5, ElboSE: 0.002, KHat: 0.31, KHatThreshold: 0.67, KHatVerdict: result.KHatOK, Draws: 1000,
		Prob:     0.95,
		Warnings: []string{"a <script>alert(1)</script> warning"},
		Parameters: []result.Parameter{
			{Name: "b_Intercept", Mean: 5, SD: 0.1, Lower: 4.8, Upper: 5.2},
			{Name: "b_x", Mean: 1, SD: 0.1, Lower: 0.8, Upper: 1.2},
			{Name: "b_f<b>", Mean: -0.1, SD: 0.1, Lower: -0.3, Upper: 0.1},
			{Name: "sigma", Mean: 2, SD: 0.01, Lower: 1.98, Upper: 2.02},
		},
	}
	var m []train.Metric
	for i := range 30 {
		state := "settling"
		if i > 20 {
			state = "averaging, mcse 0.02 sd"
		}
		m = append(m, train.Metric{Step: int64(100 * (i + 1)), Elbo: -1234 - 1/float64(i+1),
			ElboEMA: -1234 - 1.1/float64(i+1), State: state})
	}
	return s, m
}

func render(t *testing.T, s *result.Summary, m []train.Metric) string {
	t.Helper()
	var out bytes.Buffer
	if err := Write(&out, s, m); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPage: self-contained, escaped, with its plots.
func TestPage(t *testing.T) {
	s, m := sample()
	page := render(t, s, m)
	for _, bad := range []string{"<script", "http://", "https://", "NaN", "<b>", "%!", "url(", "@import", "<link"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	for _, want := range []string{"prefers-color-scheme: dark", "averaging", "k-hat 0.31", "&lt;script&gt;", "b_x",
		"1,100", `class="row faint"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	svgs := regexp.MustCompile(`(?s)<svg .*?</svg>`).FindAllString(page, -1)
	if len(svgs) != 3 {
		t.Fatalf("%d drawings, want intervals, trace and gauge", len(svgs))
	}
	for _, svg := range svgs {
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("a drawing is not well-formed: %v\n%s", err, svg)
			}
		}
	}
}

// TestOddFits: whatever a fit looks like, there is a page.
func TestOddFits(t *testing.T) {
	nan, inf := result.Number(math.NaN()), result.Number(math.Inf(1))
	for name, change := range map[string]func(*result.Summary){
		"no coefficients": func(s *result.Summary) { s.Parameters = s.Parameters[3:] },
		"intercept alone": func(s *result.Summary) { s.Parameters = s.Parameters[:1] },
		"infinite k-hat":  func(s *result.Summary) { s.KHat, s.KHatVerdict = inf, result.KHatBad },
		"negative k-hat":  func(s *result.Summary) { s.KHat = -2 },
		"point estimate": func(s *result.Summary) {
			s.KHat, s.KHatVerdict, s.ElboSE = nan, result.KHatUnknown, nan
		},
		"not converged": func(s *result.Summary) {
			s.Stop = result.Stop{Reason: train.OutOfTime, Criterion: nan}
		},
		"infinite interval":    func(s *result.Summary) { s.Parameters[1].Upper = inf },
		"zero spread":          func(s *result.Summary) { s.Parameters[1] = result.Parameter{Name: "b_x"} },
		"huge next to tiny":    func(s *result.Summary) { s.Parameters[1].Upper, s.Parameters[2].Lower = 1e9, -1e-9 },
		"five hundred columns": func(s *result.Summary) { s.Parameters = many(500) },
	} {
		s, m := sample()
		change(s)
		page := render(t, s, m)
		if strings.Contains(page, "NaN") || strings.Contains(page, "%!") || strings.Contains(page, `="-Inf`) ||
			strings.Contains(page, `="+Inf`) {
			t.Errorf("%s: the page holds a number that is none", name)
		}
	}
	s, _ := sample()
	render(t, s, nil)
	render(t, s, []train.Metric{{Step: 100, Elbo: math.NaN()}, {Step: 200, Elbo: 1, ElboEMA: 1}})
}

func many(n int) []result.Parameter {
	out := make([]result.Parameter, n)
	for i := range out {
		out[i] = result.Parameter{Name: "b_x" + strings.Repeat("y", i%60), Mean: 1, SD: 1, Lower: -1, Upper: 3}
	}
	return out
}

// TestScales: ticks are round, on the axis, and increasing, linear or bent.
func TestScales(t *testing.T) {
	for _, s := range []scale{
		{lo: -5, hi: 16, from: 0, to: 100}, {lo: 0, hi: 1e-7, from: 100, to: 0},
		{lo: -1e6, hi: 3, from: 0, to: 100, bend: 0.5},
		{lo: 1000, hi: 1001, from: 0, to: 10},
	} {
		ticks := s.ticks(5)
		if len(ticks) < 3 || len(ticks) > 40 {
			t.Errorf("%+v: %d ticks", s, len(ticks))
		}
		for i, k := range ticks {
			if k.At < math.Min(s.from, s.to)-1e-6 || k.At > math.Max(s.from, s.to)+1e-6 {
				t.Errorf("%+v: tick %q at %v is off the axis", s, k.Text, k.At)
			}
			if i > 0 && (k.At-ticks[i-1].At)*(s.to-s.from) <= 0 {
				t.Errorf("%+v: ticks do not increase", s)
			}
		}
		if got := s.at(s.lo); math.Abs(got-s.from) > 1e-9 {
			t.Errorf("%+v: the low end is at %v", s, got)
		}
	}
}
