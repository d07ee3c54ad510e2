package formula

import (
	"fmt"
	"strings"
)

// VariableKind says how a variable becomes design columns.
type VariableKind string

// The kinds of variables.
const (
	Numeric VariableKind = "numeric" // one column: (input − center) / scale
	Factor  VariableKind = "factor"  // an indicator a level, or a level but the first
	Poly    VariableKind = "poly"    // orthogonal polynomials of degree 1..k
	Spline  VariableKind = "bspline" // B-spline basis without its first function
)

// Variable is one variable of the model with everything learnt at fit time.
type Variable struct {
	Text  string       `json:"text"`            // as written, without spaces
	Label string       `json:"label"`           // how parameter names begin
	Kind  VariableKind `json:"kind"`            //
	Input string       `json:"input,omitempty"` // arithmetic that feeds a numeric variable; empty: the column itself
	// Column is the column of a factor, and of a numeric variable without Input.
	Column string `json:"column,omitempty"`

	Levels      []string `json:"levels,omitempty"`       // Factor: the first is the reference
	FromNumbers bool     `json:"from_numbers,omitempty"` // Factor: the column held numbers at fit time

	Center float64 `json:"center,omitempty"` // Numeric, Poly: subtracted from the input
	Scale  float64 `json:"scale,omitempty"`  // Numeric, Poly: divides the centred input; 0 means 1

	Alpha  []float64 `json:"alpha,omitempty"`  // Poly: recurrence shifts α₀..α_{k−1} on the standardised input
	Norm   []float64 `json:"norm,omitempty"`   // Poly: Σ p_j² for j = 0..k on the standardised input
	Knots  []float64 `json:"knots,omitempty"`  // Spline: full knot sequence, boundaries repeated degree+1 times
	Degree int       `json:"degree,omitempty"` // Spline: degree of the pieces
}

// width counts the design columns of the variable standing alone; full keeps the column of the reference level.
func (v *Variable) width(full bool) int {
	switch v.Kind {
	case Factor:
		if full {
			return len(v.Levels)
		}
		return len(v.Levels) - 1
	case Poly:
		return len(v.Alpha)
	case Spline:
		return len(v.Knots) - v.Degree - 2
	}
	return 1
}

// columnName names design column j of the variable.
func (v *Variable) columnName(j int, full bool) string {
	switch v.Kind {
	case Factor:
		if !full {
			j++
		}
		return v.Label + v.Levels[j]
	case Poly, Spline:
		if v.width(full) == 1 {
			return v.Label
		}
		return fmt.Sprintf("%s%d", v.Label, j+1)
	}
	return v.Label
}

// inputNode gives the arithmetic that feeds the variable.
func (v *Variable) inputNode() (*Node, error) {
	if v.Input == "" {
		return &Node{Op: Name, Text: v.Column}, nil
	}
	return parseValue(v.Input)
}

// check finds contradictions in a variable that was read from a file.
func (v *Variable) check() error {
	bad := func(what string) error {
		return fmt.Errorf("formula: encoder: variable %q: %s: %w", v.Text, what, ErrData)
	}
	switch v.Kind {
	case Numeric:
	case Factor:
		if len(v.Levels) == 0 {
			return bad("factor without levels")
		}
		seen := map[string]bool{}
		for _, l := range v.Levels {
			if seen[l] {
				return bad("level " + l + " twice")
			}
			seen[l] = true
		}
		return nil
	case Poly:
		if len(v.Alpha) == 0 || len(v.Alpha) > maxPolyDegree || len(v.Norm) != len(v.Alpha)+1 ||
			!finite(v.Alpha) || !finite(v.Norm) {
			return bad("recurrence coefficients do not fit together")
		}
		for _, n := range v.Norm {
			if n <= 0 {
				return bad("a polynomial has no length")
			}
		}
	case Spline:
		if v.Degree < 1 || v.Degree > maxSplineDegree || len(v.Knots) < 2*(v.Degree+1) ||
			len(v.Knots) > 2*maxSplineDF || !finite(v.Knots) {
			return bad("knots do not fit the degree")
		}
		for i := 1; i < len(v.Knots); i++ {
			if v.Knots[i] < v.Knots[i-1] {
				return bad("knots are not sorted")
			}
		}
		if v.Knots[v.Degree] >= v.Knots[len(v.Knots)-1-v.Degree] {
			return bad("knots span no interval")
		}
	default:
		return bad(fmt.Sprintf("unknown kind %q", v.Kind))
	}
	if !finite([]float64{v.Center, v.Scale}) || v.Scale < 0 {
		return bad("center or scale is not a usable number")
	}
	_, err := v.inputNode()
	return err
}

// clipList joins at most n quoted names.
func clipList(names []string, n int) string {
	var b strings.Builder
	for i, s := range names {
		if i == n {
			fmt.Fprintf(&b, " and %d more", len(names)-n)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		if r := []rune(s); len(r) > 40 {
			s = string(r[:40]) + "..."
		}
		fmt.Fprintf(&b, "%q", s)
	}
	return b.String()
}
