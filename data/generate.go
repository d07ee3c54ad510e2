package data

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// GenSpec asks for synthetic data from a regression model.
type GenSpec struct {
	Family  string // one of GenFamilies
	Rows    int64  // at least 1
	Numeric int    // standard normal predictors x1, x2, ...
	Factors int    // factor predictors f1, f2, ...
	Levels  int    // of each factor, A, B, ...; 0 means 3, at most 26
	Seed    uint64
}

// Truth is what the generated data were drawn from. Coefficients have the names that a fit of Formula reports.
type Truth struct {
	SchemaVersion int                `json:"schema_version"` // 1
	Family        string             `json:"family"`
	Link          string             `json:"link"`
	Formula       string             `json:"formula"`
	Rows          int64              `json:"rows"`
	Seed          uint64             `json:"seed"`
	Parameters    map[string]float64 `json:"parameters"` // b_Intercept, b_x1, ..., b_f1B, ..., sigma, nu, shape, phi
}

// generator draws rows.
type generator struct {
	spec   GenSpec
	family *genFamily
	coef   [][]float64 // for each linear predictor: intercept, numeric, then the levels B, C, ... of each factor
	rng    *sampler
}

// Generate writes a CSV file of the asked size to w, predictors first, and returns what it was drawn from. The same
// specification gives the same bytes on every machine.
func Generate(w io.Writer, spec GenSpec) (*Truth, error) {
	g, err := newGenerator(spec)
	if err != nil {
		return nil, err
	}
	out := bufio.NewWriterSize(w, 1<<16)
	out.WriteString(strings.Join(g.columns(), ",") + "\n") // a bufio.Writer keeps its error for Flush
	var line []byte
	for range g.spec.Rows {
		line = g.row(line[:0])
		if _, err := out.Write(line); err != nil {
			return nil, fmt.Errorf("data: generate: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return nil, fmt.Errorf("data: generate: %w", err)
	}
	return g.truth(), nil
}

func newGenerator(spec GenSpec) (*generator, error) {
	if spec.Levels == 0 {
		spec.Levels = 3
	}
	if spec.Rows < 1 || spec.Numeric < 0 || spec.Factors < 0 || spec.Levels < 2 || spec.Levels > 26 {
		return nil, fmt.Errorf("data: generate %+v: at least one row, no negative counts, 2 to 26 levels: %w",
			spec, ErrOption)
	}
	g := &generator{spec: spec, rng: newSampler(spec.Seed)}
	for i := range genFamilies {
		if genFamilies[i].name == spec.Family {
			g.family = &genFamilies[i]
		}
	}
	if g.family == nil {
		return nil, fmt.Errorf("data: generate: unknown family %q (%s): %w", spec.Family,
			strings.Join(GenFamilies(), ", "), ErrOption)
	}

	// Coefficients of 0.8/√terms keep the linear predictor near one in size, whatever the number of columns.
	terms := spec.Numeric + spec.Factors*(spec.Levels-1)
	for range max(1, g.family.categories-1) {
		c := make([]float64, 1+terms)
		c[0] = 0.5
		for k := range terms {
			c[1+k] = math.Round(1000*0.8*g.rng.normal()/math.Sqrt(float64(terms))) / 1000
		}
		g.coef = append(g.coef, c)
	}
	return g, nil
}

// columns names the predictors, the response y and, for the binomial family, the trials n.
func (g *generator) columns() []string {
	names := g.predictors()
	names = append(names, "y")
	if g.family.name == "binomial" {
		names = append(names, "n")
	}
	return names
}

func (g *generator) predictors() []string {
	var names []string
	for k := range g.spec.Numeric {
		names = append(names, "x"+strconv.Itoa(k+1))
	}
	for k := range g.spec.Factors {
		names = append(names, "f"+strconv.Itoa(k+1))
	}
	return names
}

// row appends one line. The linear predictor is of the numbers as printed, so the truth is exact.
func (g *generator) row(b []byte) []byte {
	var etas [2]float64
	eta := etas[:len(g.coef)]
	for i := range eta {
		eta[i] = g.coef[i][0]
	}
	at := 1
	for range g.spec.Numeric {
		x := math.Round(1e4*g.rng.normal()) / 1e4
		b = append(strconv.AppendFloat(b, x, 'f', -1, 64), ',')
		for i := range eta {
			eta[i] += g.coef[i][at] * x
		}
		at++
	}
	for range g.spec.Factors {
		level := g.rng.below(g.spec.Levels)
		b = append(b, byte('A'+level), ',')
		if level > 0 {
			for i := range eta {
				eta[i] += g.coef[i][at+level-1]
			}
		}
		at += g.spec.Levels - 1
	}
	return append(g.family.draw(b, g.rng, eta, g.family.extra), '\n')
}

// truth names the coefficients as a fit does: b_x1, b_f1B, and b_muB_x1 where there are several predictors.
func (g *generator) truth() *Truth {
	params := make(map[string]float64)
	for i, c := range g.coef {
		prefix := "b_"
		if g.family.categories > 0 {
			prefix += "mu" + string(rune('B'+i)) + "_"
		}
		params[prefix+"Intercept"] = c[0]
		at := 1
		for _, name := range g.predictors() {
			if name[0] == 'x' {
				params[prefix+name] = c[at]
				at++
				continue
			}
			for level := 1; level < g.spec.Levels; level++ {
				params[prefix+name+string(rune('A'+level))] = c[at]
				at++
			}
		}
	}
	for name, v := range g.family.extra {
		params[name] = v
	}
	left := "y"
	if g.family.name == "binomial" {
		left = "y | trials(n)"
	}
	right := strings.Join(g.predictors(), " + ")
	if right == "" {
		right = "1"
	}
	return &Truth{SchemaVersion: 1, Family: g.family.name, Link: g.family.link, Formula: left + " ~ " + right,
		Rows: g.spec.Rows, Seed: g.spec.Seed, Parameters: params}
}
