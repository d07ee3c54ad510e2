package formula

import (
	"strconv"
)

// atomKind says how a variable of a term becomes numbers.
type atomKind uint8

const (
	atomColumn atomKind = iota // a bare column name: numeric or factor, the data decide
	atomValue                  // arithmetic
	atomFactor                 // C(x) or C(x, ref)
	atomScale                  // scale(), standardize()
	atomCenter                 // center()
	atomPoly                   // poly(x, k)
	atomSpline                 // bs(x, df =, degree =)
)

// atom is one variable of the model: what terms are products of.
type atom struct {
	kind   atomKind
	text   string // canonical: identical text is the same variable
	node   *Node  // for positions in messages
	input  *Node  // the arithmetic that feeds a numeric atom
	column string // atomColumn, atomFactor
	ref    string // atomFactor: reference level, when hasRef
	hasRef bool
	degree int // atomPoly, atomSpline
	df     int // atomSpline
}

const (
	maxPolyDegree   = 20
	maxSplineDF     = 1000
	maxSplineDegree = 10
)

// atom checks a name or call that stands as a variable of a term.
func (c checker) atom(n *Node) (atom, error) {
	if n.Op == Name {
		return atom{kind: atomColumn, text: n.Text, node: n, input: n, column: n.Text}, nil
	}
	a := atom{kind: atomValue, text: c.source(n), node: n, input: n}
	if n.Text == "C" {
		return c.factorAtom(n, a)
	}
	if _, ok := stateful[n.Text]; ok {
		return c.statefulAtom(n, a)
	}
	if _, ok := scalarFuncs[n.Text]; !ok {
		return a, c.unknownCall(n, "on the right side here")
	}
	return a, c.value(n)
}

// factorAtom reads C(x), C(x, ref), C(x, "ref") and C(x, ref = 3).
func (c checker) factorAtom(n *Node, a atom) (atom, error) {
	if len(n.Args) < 1 || len(n.Args) > 2 {
		return a, c.fault(n, ErrSyntax, "write C(x) or C(x, \"reference level\")",
			"C() takes one or two arguments, not %d", len(n.Args))
	}
	x := n.Args[0].strip()
	if x.Op != Name || n.ArgNames[0] != "" && n.ArgNames[0] != "x" {
		return a, c.fault(n.Args[0], ErrSyntax, "compute such a column before the fit",
			"C() takes the name of a column")
	}
	a.kind, a.column, a.input = atomFactor, x.Text, nil
	if len(n.Args) == 1 {
		return a, nil
	}
	if name := n.ArgNames[1]; name != "" && name != "ref" && name != "base" {
		return a, c.fault(n.Args[1], ErrSyntax, "write C(x, ref = \"level\")", "C() has no argument %s", name)
	}
	ref, ok := literalLevel(n.Args[1].strip())
	if !ok {
		return a, c.fault(n.Args[1], ErrSyntax, "write C(x, \"level\")", "the reference level of C() must be a level")
	}
	a.ref, a.hasRef = ref, true
	return a, nil
}

// literalLevel reads a level given as a string, a bare name or a number, the last in the shortest decimal form of
// labels.
func literalLevel(n *Node) (string, bool) {
	switch n.Op {
	case String, Name:
		return n.Text, true
	case Number:
		return numberLabel(n.Value), true
	case Neg:
		if m := n.Args[0].strip(); m.Op == Number {
			return numberLabel(-m.Value), true
		}
	}
	return "", false
}

// numberLabel prints a numeric level: the shortest decimal that reads back as the same number.
func numberLabel(v float64) string {
	if v == 0 {
		v = 0 // −0 is 0
	}
	if a := v; a > -1e15 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// statefulAtom reads scale(), standardize(), center(), poly() and bs().
func (c checker) statefulAtom(n *Node, a atom) (atom, error) {
	if len(n.Args) == 0 {
		return a, c.fault(n, ErrSyntax, "", "%s() needs a column", n.Text)
	}
	if name := n.ArgNames[0]; name != "" && name != "x" {
		return a, c.fault(n.Args[0], ErrSyntax, "put the column first", "%s() has no first argument %s", n.Text, name)
	}
	a.input = n.Args[0]
	if err := c.value(a.input); err != nil {
		return a, err
	}
	if len(a.input.columns()) == 0 {
		return a, c.fault(a.input, ErrSyntax, "", "%s() of a constant", n.Text)
	}
	params, err := c.parameters(n)
	if err != nil {
		return a, err
	}
	switch n.Text {
	case "scale", "standardize":
		a.kind = atomScale
	case "center":
		a.kind = atomCenter
	case "poly":
		a.kind = atomPoly
		return a, c.polyParameters(n, params, &a)
	case "bs":
		a.kind = atomSpline
		return a, c.splineParameters(n, params, &a)
	}
	return a, nil
}

// parameters matches the arguments after the first to the parameter names of the transform.
func (c checker) parameters(n *Node) (map[string]*Node, error) {
	names, got := stateful[n.Text], map[string]*Node{}
	for i, arg := range n.Args[1:] {
		name := n.ArgNames[i+1]
		if n.Text == "poly" && name == "k" {
			name = "degree"
		}
		if name == "" && i < len(names) {
			name = names[i]
		}
		known := false
		for _, p := range names {
			known = known || p == name
		}
		if !known || name == "" {
			if name == "" {
				return nil, c.fault(arg, ErrSyntax, "", "%s() takes at most %d arguments", n.Text, 1+len(names))
			}
			return nil, c.fault(arg, ErrUnsupported, "", "%s() has no argument %s", n.Text, name)
		}
		if got[name] != nil {
			return nil, c.fault(arg, ErrSyntax, "", "%s() got its argument %s twice", n.Text, name)
		}
		got[name] = arg
	}
	return got, nil
}

func (c checker) polyParameters(n *Node, params map[string]*Node, a *atom) (err error) {
	a.degree = 1
	if d := params["degree"]; d != nil {
		a.degree, err = c.wholeNumber(d, "the degree of poly()", 1, maxPolyDegree)
	}
	return err
}

func (c checker) splineParameters(n *Node, params map[string]*Node, a *atom) (err error) {
	a.degree = 3
	if d := params["degree"]; d != nil {
		if a.degree, err = c.wholeNumber(d, "the degree of bs()", 1, maxSplineDegree); err != nil {
			return err
		}
	}
	a.df = a.degree
	if d := params["df"]; d != nil {
		if a.df, err = c.wholeNumber(d, "df of bs()", 1, maxSplineDF); err != nil {
			return err
		}
		if a.df < a.degree {
			return c.fault(d, ErrSyntax, "", "df of bs() must be at least its degree, %d", a.degree)
		}
	}
	return nil
}
