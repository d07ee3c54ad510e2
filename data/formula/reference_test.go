package formula

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"elbo/data"
)

// dataDir gives the folder of the reference data sets, or skips the test.
func dataDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("ELBO_DATA")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ELBO_DATA is not set: point it at the reference data")
		}
		t.Skip("ELBO_DATA is not set: point it at the reference data to run this test")
	}
	return dir
}

// reference is a published solution: coefficient → estimate and standard error, to six digits.
type reference struct {
	Rows         int64
	Coefficients map[string]struct{ Estimate, SE float64 }
}

// regressions are the large reference fits. rename maps our parameter names to those of the reference where they
// are not factor=level.
var regressions = []struct {
	name, file, formula string
	poisson             bool
	p                   int
	rename              map[string]string
}{
	{
		name: "flights_arr_delay_linear", file: "flights.csv.gz", p: 31,
		formula: `arr_delay ~ dep_delay + I(distance/1000) + origin + C(month) + C(carrier, "UA")`,
		rename:  map[string]string{"b_dep_delay": "dep_delay", "b_I(distance/1000)": "distance/1000"},
	}, {
		name: "diamonds_logprice_linear", file: "diamonds.csv.gz", p: 20,
		formula: `log(price) ~ log(carat) + I(log(carat)^2) + C(cut, "Fair") + color + C(clarity, "I1")`,
		rename:  map[string]string{"b_log(carat)": "log(carat)", "b_I(log(carat)^2)": "log(carat)^2"},
	}, {
		name: "freMTPL_poisson", file: "freMTPLfreq.csv.gz", p: 33, poisson: true,
		formula: `ClaimNb ~ I((DriverAge-45)/10) + I(((DriverAge-45)/10)^2) + I(((DriverAge-45)/10)^3) + I(CarAge/10) +
			log(Density) + C(Gas, "Diesel") + C(Power, "d") + C(Brand, "Renault/Nissan or Citroen") + C(Region, "R24") +
			offset(log(Exposure))`,
		rename: map[string]string{"b_I((DriverAge-45)/10)": "a", "b_I(((DriverAge-45)/10)^2)": "a^2",
			"b_I(((DriverAge-45)/10)^3)": "a^3", "b_I(CarAge/10)": "CarAge/10", "b_log(Density)": "log(Density)"},
	},
}

// TestRegressionsAgainstReferences takes one Newton step from the reference solution on the encoded design: it must
// not move, and the curvature must give the reference's standard errors. For a linear model the step from anywhere
// is the solution itself.
func TestRegressionsAgainstReferences(t *testing.T) {
	dir := dataDir(t)
	for _, reg := range regressions {
		t.Run(reg.name, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(dir, "large", "reference", reg.name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var ref reference
			if err := json.Unmarshal(b, &ref); err != nil {
				t.Fatal(err)
			}
			tab, _, err := data.Open(filepath.Join(dir, "large", reg.file), data.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer tab.Close()
			enc, report := fitText(t, reg.formula, tab, Options{})
			if enc.P() != reg.p || len(ref.Coefficients) != reg.p || report.RowsUsed != ref.Rows {
				t.Fatalf("%d columns and %d rows, want %d and %d", enc.P(), report.RowsUsed, reg.p, ref.Rows)
			}
			beta, se := make([]float64, reg.p), make([]float64, reg.p)
			for j, name := range enc.Names() {
				c, ok := ref.Coefficients[referenceName(enc, j, reg.rename)]
				if !ok {
					t.Fatalf("column %s has no counterpart in the reference", name)
				}
				beta[j], se[j] = c.Estimate, c.SE
			}
			step, sd := newtonStep(t, enc, tab, report.Kept, beta, reg.poisson)
			for j, name := range enc.Names() {
				// The reference has six digits; 0.001 standard errors is above that rounding for every coefficient
				// here.
				if !(math.Abs(step[j]) < 1e-3*se[j]+1e-5*math.Abs(beta[j])) {
					t.Errorf("%s: the reference %v is off by %v (se %v)", name, beta[j], step[j], se[j])
				}
				if !(math.Abs(sd[j]/se[j]-1) < 1e-4) {
					t.Errorf("%s: standard error %v, reference %v", name, sd[j], se[j])
				}
			}
		})
	}
}

// referenceName maps a design column to the reference's name for it.
func referenceName(enc *Encoder, j int, rename map[string]string) string {
	name := enc.Names()[j]
	if name == "b_Intercept" {
		return "intercept"
	}
	if other, ok := rename[name]; ok {
		return other
	}
	v := enc.Variables()[enc.Terms()[enc.Columns()[j].Term].Variables[0]]
	return v.Label + "=" + strings.TrimPrefix(name, "b_"+v.Label)
}

// newtonStep computes the step H⁻¹g of the log-likelihood at beta and the standard errors √diag(H⁻¹)·σ, with one
// pass over the design.
func newtonStep(t *testing.T, enc *Encoder, tab data.Table, rows *RowSet, beta []float64, poisson bool) (step,
	sd []float64) {
	t.Helper()
	c, err := enc.Bind(tab.Schema(), UnseenError)
	if err != nil {
		t.Fatal(err)
	}
	p := enc.P()
	h, g, rss := make([]float64, p*p), make([]float64, p), 0.0
	x, y, offset := make([]float64, scanRows*p), make([]float64, scanRows), make([]float64, scanRows)
	err = Scan(tab, rows, 0, func(recs []byte, n int, _ int64) error {
		if err := c.EncodeRows(recs, n, &Block[float64]{X: x, Y: y, Offset: offset}); err != nil {
			return err
		}
		for r := range n {
			row := x[r*p : r*p+p]
			eta := offset[r]
			for j, v := range row {
				eta += v * beta[j]
			}
			mu, w := eta, 1.0
			if poisson {
				mu = math.Exp(eta)
				w = mu
			}
			rss += (y[r] - mu) * (y[r] - mu)
			for i, v := range row {
				if v == 0 {
					continue
				}
				g[i] += v * (y[r] - mu)
				for j := i; j < p; j++ {
					h[i*p+j] += w * v * row[j]
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sigma := 1.0
	if !poisson {
		sigma = math.Sqrt(rss / float64(rows.Len()-int64(p)))
	}
	return solve(h, g, sigma)
}

// solve gives H⁻¹g and σ√diag(H⁻¹) by Gauss-Jordan elimination of the symmetric matrix whose upper triangle is h.
func solve(h, g []float64, sigma float64) (step, sd []float64) {
	p := len(g)
	a := make([][]float64, p)
	for i := range a {
		a[i] = make([]float64, 2*p+1)
		for j := range p {
			a[i][j] = h[min(i, j)*p+max(i, j)]
		}
		a[i][p], a[i][p+1+i] = g[i], 1
	}
	for k := range a {
		pivot := a[k][k]
		for j := range a[k] {
			a[k][j] /= pivot
		}
		for i := range a {
			if f := a[i][k]; i != k && f != 0 {
				for j := range a[i] {
					a[i][j] -= f * a[k][j]
				}
			}
		}
	}
	for i := range a {
		step, sd = append(step, a[i][p]), append(sd, sigma*math.Sqrt(a[i][p+1+i]))
	}
	return step, sd
}

// TestFlightsNames pins the parameter names of the flights fit and the rows that are dropped.
func TestFlightsNames(t *testing.T) {
	tab, _, err := data.Open(filepath.Join(dataDir(t), "large", "flights.csv.gz"), data.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tab.Close()
	enc, report := fitText(t, regressions[0].formula, tab, Options{})
	want := strings.Fields(`
		b_Intercept b_dep_delay b_I(distance/1000) b_originJFK b_originLGA b_month2 b_month3 b_month4
		b_month5 b_month6 b_month7 b_month8 b_month9 b_month10 b_month11 b_month12 b_carrier9E b_carrierAA
		b_carrierAS b_carrierB6 b_carrierDL b_carrierEV b_carrierF9 b_carrierFL b_carrierHA b_carrierMQ
		b_carrierOO b_carrierUS b_carrierVX b_carrierWN b_carrierYV`)
	if got := enc.Names(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("names are %v", got)
	}
	if report.RowsUsed != 327346 || report.RowsDropped["arr_delay"] != 9430 || report.RowsDropped["dep_delay"] != 8255 {
		t.Errorf("%d rows used, dropped %v", report.RowsUsed, report.RowsDropped)
	}
	stats, err := Stats(enc, tab, report.Kept)
	if err != nil {
		t.Fatal(err)
	}
	if aliases, examined, err := Collinear(enc, tab, report.Kept, stats); err != nil || !examined || len(aliases) != 0 {
		t.Errorf("collinear: %v, %v, %v", aliases, examined, err)
	}
}
