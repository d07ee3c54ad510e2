package formula

import (
	"fmt"
	"sort"
)

// expansion is the right side multiplied out: the intercept flag, the variables, and each term as the sorted
// list of the variables it multiplies, by rising degree.
type expansion struct {
	intercept bool
	atoms     []atom
	terms     [][]int
	offsets   []*Node
}

// maxTerms bounds the expansion; products of sums grow without mercy.
const maxTerms = 20000

// expander multiplies a tree out.
type expander struct {
	checker
	out      expansion
	byText   map[string]int
	others   []string // what the dot stands for
	noDot    bool     // no data yet: the dot stands for one unknown variable
	products int      // how many products are open around the node at hand
}

// expand multiplies out the right side; columns are those of the table in file order, nil for a trial without data.
func expand(f *Formula, columns []string) (*expansion, error) {
	e := &expander{checker: checker{text: f.Text}, byText: map[string]int{}, noDot: columns == nil}
	e.out.intercept = true
	taken := map[string]bool{}
	for _, name := range f.response.columns() {
		taken[name] = true
	}
	for _, name := range columns {
		if !taken[name] {
			e.others = append(e.others, name)
		}
	}
	terms, err := e.summand(f.rhs, true)
	if err != nil {
		return nil, err
	}
	sort.SliceStable(terms, func(i, j int) bool { return len(terms[i]) < len(terms[j]) })
	e.out.terms = terms
	return &e.out, nil
}

// terms multiplies out one node. keep is false below an odd number of minus signs, where 1 and 0 change their
// meaning.
func (e *expander) terms(n *Node, keep bool) ([][]int, error) {
	switch n.Op {
	case Paren:
		return e.terms(n.Args[0], keep)
	case Number:
		return nil, e.constant(n, keep)
	case Name:
		return e.variable(n)
	case Call:
		return e.call(n)
	case Dot:
		return e.dot(n)
	case Plus:
		return e.terms(n.Args[0], keep)
	case Neg:
		_, err := e.terms(n.Args[0], !keep)
		return nil, err
	case Add, Sub:
		return e.additive(n, keep)
	case Pow:
		return e.power(n, keep)
	case Colon, Mul, Div:
		return e.product(n, keep)
	case Bar, DoubleBar:
		return nil, e.fault(n, ErrUnsupported, "use C(g) for a few levels", "group term (%s) is not supported",
			e.source(n))
	}
	return nil, e.fault(n, ErrSyntax, "", "a string cannot stand as a term")
}

// constant handles 1 and 0, which switch the intercept on and off.
func (e *expander) constant(n *Node, keep bool) error {
	if n.Value != 0 && n.Value != 1 {
		return e.fault(n, ErrSyntax, "write arithmetic as I(...), for example I(x/1000)",
			"the number %s is not a term (only 0 and 1 are)", e.source(n))
	}
	e.out.intercept = (n.Value == 1) == keep
	return nil
}

// variable gives the term of one bare name or call.
func (e *expander) variable(n *Node) ([][]int, error) {
	a, err := e.atom(n)
	if err != nil {
		return nil, err
	}
	return [][]int{{e.intern(a)}}, nil
}

// intern numbers an atom in order of first appearance. A column and a call of the same text are different variables.
func (e *expander) intern(a atom) int {
	id := fmt.Sprint(a.kind == atomColumn, a.text)
	i, ok := e.byText[id]
	if !ok {
		i = len(e.out.atoms)
		e.byText[id] = i
		e.out.atoms = append(e.out.atoms, a)
	}
	return i
}

// call sorts offsets from variables.
func (e *expander) call(n *Node) ([][]int, error) {
	if n.Text != "offset" {
		return e.variable(n)
	}
	return nil, e.fault(n, ErrSyntax, "add it on its own: ... + offset(x)",
		"offset() cannot be multiplied, nested or removed")
}

// offset reads offset(x) standing as a summand.
func (e *expander) offset(n *Node) error {
	if len(n.Args) != 1 || n.ArgNames[0] != "" {
		return e.fault(n, ErrSyntax, "", "offset() takes one argument")
	}
	e.out.offsets = append(e.out.offsets, n.Args[0])
	return e.value(n.Args[0])
}

// summand is terms() where an offset may stand too.
func (e *expander) summand(n *Node, keep bool) ([][]int, error) {
	if m := n.strip(); keep && e.products == 0 && m.Op == Call && m.Text == "offset" {
		return nil, e.offset(m)
	}
	return e.terms(n, keep)
}

// dot stands for every column that the left side does not use.
func (e *expander) dot(n *Node) ([][]int, error) {
	if e.noDot {
		return [][]int{{e.intern(atom{kind: atomColumn, text: ".", node: n})}}, nil
	}
	var out [][]int
	for _, name := range e.others {
		out = append(out, []int{e.intern(atom{kind: atomColumn, text: name, node: n, column: name,
			input: &Node{Op: Name, Pos: n.Pos, End: n.End, Text: name}})})
	}
	return out, nil
}

// chain flattens a left-leaning chain of + and - so that long sums stay linear in time.
func chain(n *Node) []*Node {
	var links []*Node
	for n.Op == Add || n.Op == Sub {
		links = append(links, n)
		n = n.Args[0]
	}
	return links
}

// additive evaluates a ± b ± c ... from left to right: + unites, - removes.
func (e *expander) additive(n *Node, keep bool) ([][]int, error) {
	links := chain(n)
	first, err := e.summand(links[len(links)-1].Args[0], keep)
	if err != nil {
		return nil, err
	}
	var set termSet
	set.add(first...)
	for i := len(links) - 1; i >= 0; i-- {
		right := links[i].Args[1]
		if links[i].Op == Sub {
			drop, err := e.terms(right, !keep)
			if err != nil {
				return nil, err
			}
			set = set.without(drop)
			continue
		}
		more, err := e.summand(right, keep)
		if err != nil {
			return nil, err
		}
		set.add(more...)
		if len(set.terms) > maxTerms {
			return nil, e.tooMany(n)
		}
	}
	return set.terms, nil
}

func (e *expander) tooMany(n *Node) error {
	return &Error{Text: e.text, Pos: n.Pos, Token: e.text[n.Pos:n.End], Kind: ErrTooWide,
		Msg: fmt.Sprintf("the formula multiplies out to more than %d terms",
			maxTerms), Hint: "lower the power or drop variables"}
}
