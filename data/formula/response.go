package formula

// response is the left side of a formula.
type response struct {
	node    *Node
	value   *Node // arithmetic, or the successes of p() and cbind(); nil for C(y)
	factor  *atom // C(y) or C(y, ref)
	trials  *Node // number of trials, nil without
	failed  *Node // cbind: trials = value + failed
	weights *Node // nil without
}

// columns lists the columns that the left side reads.
func (r *response) columns() []string {
	var names []string
	for _, n := range []*Node{r.value, r.trials, r.failed, r.weights} {
		names = append(names, n.columns()...)
	}
	if r.factor != nil {
		names = append(names, r.factor.column)
	}
	return names
}

// response reads `y`, `f(y)`, `C(y)`, `p(k, n)`, `cbind(k, n-k)` and the additions after a bar: weights() and
// trials().
func (c checker) response(n *Node) (response, error) {
	r := response{node: n}
	if n.Op == Bar {
		r.node = n.Args[0]
		if err := c.additions(n.Args[1], &r); err != nil {
			return r, err
		}
	}
	y := r.node.strip()
	if y.Op == Call {
		switch y.Text {
		case "p", "cbind":
			return r, c.counts(y, &r)
		case "C":
			a, err := c.factorAtom(y, atom{text: c.source(y), node: y})
			r.factor = &a
			return r, err
		}
	}
	_, learns := stateful[y.Text]
	switch {
	case y.Op == Call && learns:
		return r, c.unknownCall(y, "on the left side")
	case y.Op == Colon:
		return r, c.fault(y, ErrSyntax, "", "the operator : has no meaning on the left side")
	case y.Op == Bar || y.Op == DoubleBar:
		return r, c.fault(y, ErrSyntax, "write y | weights(w) + trials(n) ~ ...", "the left side has one bar")
	}
	if err := c.value(y); err != nil {
		return r, err
	}
	if len(y.columns()) == 0 {
		return r, c.fault(y, ErrSyntax, "name a column", "the response is a constant")
	}
	r.value = y
	return r, nil
}

// counts reads p(k, n) and cbind(k, n-k).
func (c checker) counts(y *Node, r *response) error {
	if len(y.Args) != 2 {
		return c.fault(y, ErrSyntax, "write p(k, n) or cbind(k, n-k)", "%s() takes two arguments, not %d", y.Text,
			len(y.Args))
	}
	if r.trials != nil {
		return c.fault(r.trials, ErrSyntax, "leave one out", "%s() and trials() both give the number of trials", y.Text)
	}
	for i, a := range y.Args {
		if y.ArgNames[i] != "" {
			return c.fault(a, ErrSyntax, "", "%s() has no argument %s", y.Text, y.ArgNames[i])
		}
		if err := c.value(a); err != nil {
			return err
		}
	}
	r.value, r.trials = y.Args[0], y.Args[1]
	if y.Text == "cbind" {
		r.trials, r.failed = nil, y.Args[1]
	}
	return nil
}

// additions reads the sum of weights() and trials() after the bar.
func (c checker) additions(n *Node, r *response) error {
	n = n.strip()
	if n.Op == Add {
		for _, a := range n.Args {
			if err := c.additions(a, r); err != nil {
				return err
			}
		}
		return nil
	}
	if n.Op != Call {
		return c.fault(n, ErrSyntax, "write y | weights(w) ~ ... or y | trials(n) ~ ...",
			"expected weights() or trials() after the bar")
	}
	target := &r.weights
	switch n.Text {
	case "weights":
	case "trials":
		target = &r.trials
	default:
		return c.unknownCall(n, "after the bar")
	}
	if *target != nil {
		return c.fault(n, ErrSyntax, "leave one out", "%s() is given twice", n.Text)
	}
	if len(n.Args) != 1 || n.ArgNames[0] != "" {
		return c.fault(n, ErrSyntax, "", "%s() takes one argument", n.Text)
	}
	*target = n.Args[0]
	return c.value(n.Args[0])
}
