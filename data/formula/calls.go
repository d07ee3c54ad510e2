package formula

import (
	"fmt"
	"math"
	"sort"

	"elbo/data"
)

// scalarFuncs are the functions of arithmetic: one number in, one number out.
var scalarFuncs = map[string]func(float64) float64{
	"I":     func(x float64) float64 { return x },
	"abs":   math.Abs,
	"exp":   math.Exp,
	"expm1": math.Expm1,
	"log":   math.Log,
	"log10": math.Log10,
	"log1p": math.Log1p,
	"log2":  math.Log2,
	"sqrt":  math.Sqrt,
}

// stateful maps the transforms that learn parameters at fit time to the parameters they take after their first
// argument.
var stateful = map[string][]string{
	"scale":       nil,
	"standardize": nil,
	"center":      nil,
	"poly":        {"degree"},
	"bs":          {"df", "degree"},
}

// structural are the calls that are neither arithmetic nor transforms.
var structural = []string{"C", "offset", "weights", "trials", "p", "cbind"}

// refused maps the functions that other tools offer, and this one does not, to what they are and what to do.
var refused = map[string][2]string{
	"s":        {"smooth terms", "use bs(x, df = k) or poly(x, k)"},
	"te":       {"smooth terms", "use bs(x, df = k) or poly(x, k)"},
	"ti":       {"smooth terms", "use bs(x, df = k) or poly(x, k)"},
	"t2":       {"smooth terms", "use bs(x, df = k) or poly(x, k)"},
	"ns":       {"natural splines", "use bs(x, df = k)"},
	"gp":       {"Gaussian processes", "use bs(x, df = k)"},
	"mo":       {"monotonic effects", "use C(x) for one coefficient a level"},
	"me":       {"predictors with measurement error", "use the column itself"},
	"mi":       {"missing-value models", "rows with missing values are dropped and counted"},
	"mm":       {"multi-membership terms", "use one factor a membership"},
	"mmc":      {"multi-membership terms", "use one factor a membership"},
	"gr":       {"group terms", "use C(g) for a few levels"},
	"cs":       {"category-specific effects", "use family categorical"},
	"ar":       {"autoregressive terms", "add lagged columns to the file"},
	"ma":       {"moving-average terms", "add lagged columns to the file"},
	"arma":     {"autoregressive terms", "add lagged columns to the file"},
	"cosy":     {"residual correlation terms", "leave it out"},
	"unstr":    {"residual correlation terms", "leave it out"},
	"sar":      {"spatial terms", "leave it out"},
	"car":      {"spatial terms", "leave it out"},
	"fcor":     {"residual correlation terms", "leave it out"},
	"cens":     {"censored responses", "leave censored rows out or model them apart"},
	"trunc":    {"truncated responses", "leave it out"},
	"se":       {"known standard errors", "use weights(1/se^2)"},
	"rate":     {"rate denominators", "use offset(log(n))"},
	"dec":      {"decision models", "leave it out"},
	"thres":    {"ordinal thresholds", "use family categorical"},
	"vint":     {"custom family data", "leave it out"},
	"vreal":    {"custom family data", "leave it out"},
	"subset":   {"row subsets", "filter the file before the fit"},
	"index":    {"missing-value models", "leave it out"},
	"bf":       {"distributional and multivariate formulas", "give one formula for the mean"},
	"nlf":      {"non-linear formulas", "give one formula for the mean"},
	"lf":       {"distributional and multivariate formulas", "give one formula for the mean"},
	"mvbind":   {"multivariate responses", "fit one response at a time"},
	"strata":   {"survival terms", "use C(x)"},
	"Surv":     {"survival responses", "fit another response"},
	"factor":   {"factor()", "write C(x)"},
	"ordered":  {"ordered factors", "write C(x)"},
	"interact": {"interaction()", "write a:b"},
}

// checker finds the faults of a syntax tree that need no data.
type checker struct{ text string }

// fault builds an error at a node.
func (c checker) fault(n *Node, kind error, hint, format string, args ...any) error {
	return &Error{Text: c.text, Pos: n.Pos, Token: c.text[n.Pos:n.End], Msg: fmt.Sprintf(format, args...),
		Hint: hint, Kind: kind}
}

// source is the text of a node, squeezed.
func (c checker) source(n *Node) string { return squeeze(c.text[n.Pos:n.End]) }

// unknownCall reports a function that cannot stand at n; where says what could.
func (c checker) unknownCall(n *Node, where string) error {
	if r, ok := refused[n.Text]; ok {
		return c.fault(n, ErrUnsupported, r[1], "%s: %s are not supported", c.source(n), r[0])
	}
	known := append([]string(nil), structural...)
	for name := range scalarFuncs {
		known = append(known, name)
	}
	for name := range stateful {
		known = append(known, name)
	}
	sort.Strings(known)
	for _, name := range known {
		if name == n.Text {
			return c.fault(n, ErrSyntax, "", "%s() cannot stand %s", n.Text, where)
		}
	}
	hint := "compute such a column before the fit"
	if near := data.Nearest(n.Text, known); near != "" {
		hint = fmt.Sprintf("did you mean %s()?", near)
	}
	return c.fault(n, ErrUnknown, hint, "unknown function %s()", n.Text)
}

// value checks that a tree is arithmetic over numeric columns.
func (c checker) value(n *Node) error {
	switch n.Op {
	case Number, Name:
		return nil
	case String:
		return c.fault(n, ErrSyntax, "", "a string cannot stand in arithmetic")
	case Dot:
		return c.fault(n, ErrSyntax, "name the column", "the dot cannot stand in arithmetic")
	case Colon:
		return c.fault(n, ErrSyntax, "multiply with *", "the operator : has no meaning in arithmetic")
	case Bar, DoubleBar:
		return c.fault(n, ErrSyntax, "", "the operator | has no meaning in arithmetic")
	case Call:
		if err := c.scalarCall(n); err != nil {
			return err
		}
	}
	for _, a := range n.Args {
		if err := c.value(a); err != nil {
			return err
		}
	}
	return nil
}

// scalarCall checks the name and the number of arguments of a call inside arithmetic.
func (c checker) scalarCall(n *Node) error {
	if _, ok := stateful[n.Text]; ok {
		return c.fault(n, ErrUnsupported, "make it the outermost call of a term of its own",
			"%s() learns from the data and cannot stand inside arithmetic", n.Text)
	}
	if _, ok := scalarFuncs[n.Text]; !ok {
		return c.unknownCall(n, "inside arithmetic")
	}
	if len(n.Args) != 1 {
		return c.fault(n, ErrSyntax, "", "%s() takes one argument, not %d", n.Text, len(n.Args))
	}
	if n.ArgNames[0] != "" && n.ArgNames[0] != "x" {
		return c.fault(n, ErrSyntax, "", "%s() has no argument %s", n.Text, n.ArgNames[0])
	}
	return nil
}

// wholeNumber reads a literal integer in [lo, hi].
func (c checker) wholeNumber(n *Node, what string, lo, hi int) (int, error) {
	m := n.strip()
	if m.Op != Number || m.Value != math.Trunc(m.Value) || m.Value < float64(lo) || m.Value > float64(hi) {
		return 0, c.fault(n, ErrSyntax, "", "%s must be a whole number from %d to %d", what, lo, hi)
	}
	return int(m.Value), nil
}
