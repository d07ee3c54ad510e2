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
)

// sampleVAE is a run with names that try to break the page.
func sampleVAE() *VAE {
	r := &VAE{
		Version: "1", SchemaVersion: 1, Kind: "bernoulli", Network: "784–<b>–20", StopPill: "budget",
		StopSentence: "All 12 epochs were run.", Facts: []Fact{{"Images", "1,000", "<i>"}},
		Alarms: []string{"a <script>alert(1)</script> warning"}, Samples: []byte("\x89PNG"), Recon: []byte("\x89PNG"),
		UnitKL: []float64{1, 0.001, math.NaN(), 2}, Active: []bool{true, false, false, true},
		Latent: Latent{X: []float64{0, 1, math.NaN()}, Y: []float64{2, 1, 0}, Labels: []int32{0, 1, 12},
			LabelNames: []string{"<zero>", "one"}, XAxis: "z1", YAxis: "z2"},
	}
	for i := range 12 {
		f := float64(i + 1)
		r.Epochs = append(r.Epochs, Epoch{int64(i + 1), -100 - 400/(f*f*f), -101 - 400/(f*f*f), 20 + f, 15})
	}
	r.Epochs[3].Valid = math.NaN()
	return r
}

func renderVAE(t *testing.T, r *VAE) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteVAE(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestVAEPage: self-contained, escaped, with its plots.
func TestVAEPage(t *testing.T) {
	page := renderVAE(t, sampleVAE())
	for _, bad := range []string{"<script", "http://", "https://", "NaN", "<b>", "<i>", "<zero>", "%!", "url(", "@import",
		"ZgotmplZ"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"data:image/png;base64,iVBO", "bound by epoch", "KL and active units", "&lt;zero&gt;",
		"cut off", `class="idle"`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	plots := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
	if len(plots) != 4+3 { // and three marks of the legend
		t.Fatalf("%d plots", len(plots))
	}
	for _, p := range plots {
		for dec := xml.NewDecoder(strings.NewReader(p)); ; {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, p)
			}
		}
	}
}

// TestVAEPageOfLittle: parts that a run does not have are left out.
func TestVAEPageOfLittle(t *testing.T) {
	page := renderVAE(t, &VAE{Network: "4–2", Epochs: []Epoch{{1, math.NaN(), -3, 1, 1}}})
	for _, bad := range []string{"<img", "Latent space", "<h2>Units", "NaN", "<h2>Bound"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// TestPlane: an ellipse in four dimensions lies in the plane of its axes, its largest first.
func TestPlane(t *testing.T) {
	const n, d = 400, 4
	points := make([]float64, n*d)
	a, b := []float64{0.5, 0.5, 0.5, 0.5}, []float64{0.5, -0.5, 0.5, -0.5}
	for i := range n {
		s, c := math.Sincos(2 * math.Pi * float64(i) / n)
		for j := range d {
			points[i*d+j] = 7 + 3*c*a[j] + 2*s*b[j]
		}
	}
	x, y, share := Plane(points, n, d)
	for i := range n {
		s, c := math.Sincos(2 * math.Pi * float64(i) / n)
		if math.Abs(math.Abs(x[i])-math.Abs(3*c)) > 1e-6 || math.Abs(math.Abs(y[i])-math.Abs(2*s)) > 1e-6 {
			t.Fatalf("point %d at %g, %g, want ±%g, ±%g", i, x[i], y[i], 3*c, 2*s)
		}
	}
	if math.Abs(share[0]-9.0/13) > 1e-6 || math.Abs(share[1]-4.0/13) > 1e-6 {
		t.Errorf("shares %v", share)
	}
	if x, y, _ := Plane([]float64{1, 2, 3, 4}, 2, 2); x[1] != 3 || y[1] != 4 {
		t.Errorf("two dimensions: %v, %v", x, y)
	}
	if x, y, _ := Plane([]float64{1, 2}, 2, 1); x[1] != 2 || y[1] != 0 {
		t.Errorf("one dimension: %v, %v", x, y)
	}
	if x, _, share := Plane(make([]float64, 9), 3, 3); x[0] != 0 || share[0] != 0 {
		t.Errorf("no variance: %v, %v", x, share)
	}
}
