package formula

// product evaluates a:b, a*b = a + b + a:b and a/b = a + (everything in a):b.
func (e *expander) product(n *Node, keep bool) ([][]int, error) {
	left, right, err := e.factors(n, keep)
	if err != nil {
		return nil, err
	}
	var set termSet
	switch n.Op {
	case Mul:
		set.add(left...)
		set.add(right...)
	case Div:
		set.add(left...)
		var all []int
		for _, t := range left {
			all = union(all, t)
		}
		left = [][]int{all}
	}
	return set.terms, e.cross(&set, n, left, right)
}

// factors evaluates both sides of a product; neither may be empty.
func (e *expander) factors(n *Node, keep bool) (left, right [][]int, err error) {
	e.products++
	defer func() { e.products-- }()
	if left, err = e.terms(n.Args[0], keep); err != nil {
		return nil, nil, err
	}
	if right, err = e.terms(n.Args[1], keep); err != nil {
		return nil, nil, err
	}
	for i, side := range [][][]int{left, right} {
		if len(side) == 0 {
			return nil, nil, e.fault(n.Args[i], ErrSyntax, "", "%s has no variables to multiply", e.source(n.Args[i]))
		}
	}
	return left, right, nil
}

// cross adds every pairwise interaction of two lists of terms.
func (e *expander) cross(set *termSet, n *Node, left, right [][]int) error {
	if len(left)*len(right) > 16*maxTerms {
		return e.tooMany(n)
	}
	for _, a := range left {
		for _, b := range right {
			set.add(union(a, b))
		}
		if len(set.terms) > maxTerms {
			return e.tooMany(n)
		}
	}
	return nil
}

// power evaluates (a + b + ...)^k: all interactions of up to k of the terms.
func (e *expander) power(n *Node, keep bool) ([][]int, error) {
	k, err := e.wholeNumber(n.Args[1], "the power of a sum of terms", 1, 64)
	if err != nil {
		return nil, err
	}
	e.products++
	base, err := e.terms(n.Args[0], keep)
	e.products--
	if err != nil {
		return nil, err
	}
	if len(base) == 0 {
		return nil, e.fault(n.Args[0], ErrSyntax, "", "%s has no variables to multiply", e.source(n.Args[0]))
	}
	var set termSet
	set.add(base...)
	for range k - 1 {
		before := len(set.terms)
		if err := e.cross(&set, n, set.terms, base); err != nil {
			return nil, err
		}
		if len(set.terms) == before {
			break
		}
	}
	return set.terms, nil
}
