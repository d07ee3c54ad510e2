package formula

// boundTerm is a term as a recipe for scattering values into zeroed rows: the product of the scalars goes to the
// cell that the factors choose; variables of several columns repeat that for every combination of theirs.
type boundTerm struct {
	first   int // design column of the term's first column
	scalars [][]float64
	factors []boundFactor
	combos  []combo // nil without variables of several columns
}

// boundFactor moves the cell by (index − skip)·step; a negative result leaves the row at zero.
type boundFactor struct {
	out  []int32
	skip int32 // 1 drops the reference level
	step int32
}

// combo is one choice of a column from each variable of several columns.
type combo struct {
	shift   int
	columns [][]float64
}

// bindTerms lays the terms out over the design columns.
func (c *Coder) bindTerms() {
	c.terms = nil
	first := 0
	if c.enc.spec.Intercept {
		c.terms = append(c.terms, boundTerm{})
		first = 1
	}
	for _, t := range c.enc.spec.Terms {
		b := boundTerm{first: first}
		step := 1
		for j, vi := range t.Variables {
			v := &c.vars[vi]
			switch {
			case v.v.Kind == Factor:
				f := boundFactor{out: v.factor.out, skip: 1, step: int32(step)}
				if t.Full[j] {
					f.skip = 0
				}
				b.factors = append(b.factors, f)
			case len(v.columns) == 1:
				b.scalars = append(b.scalars, v.columns[0])
			default:
				b.combos = extendCombos(b.combos, v.columns, step)
			}
			step *= v.v.width(t.Full[j])
		}
		first += step
		c.terms = append(c.terms, b)
	}
}

// extendCombos multiplies the choices by the columns of one more variable.
func extendCombos(combos []combo, columns [][]float64, step int) []combo {
	if combos == nil {
		combos = []combo{{}}
	}
	var out []combo
	for j, column := range columns {
		for _, k := range combos {
			out = append(out, combo{shift: k.shift + j*step,
				columns: append(k.columns[:len(k.columns):len(k.columns)], column)})
		}
	}
	return out
}

// scatter writes the columns of one term for n rows of x, which are zero there.
func scatter[T Float](c *Coder, t *boundTerm, x []T, stride, n int) {
	if t.combos == nil && len(t.factors) == 0 && len(t.scalars) <= 1 {
		column(t, x[t.first:], stride, n)
		return
	}
	if t.combos == nil && len(t.scalars) == 0 && len(t.factors) == 1 {
		f := t.factors[0]
		for r, i := range f.out[:n] {
			if i >= f.skip {
				x[r*stride+t.first+int(i-f.skip)] = 1
			}
		}
		return
	}
	values := c.scratch[:n]
	multiply(values, t.scalars)
	cells := c.cells[:n]
	locate(cells, t.factors)
	if t.combos == nil {
		for r, cell := range cells {
			if cell >= 0 {
				x[r*stride+t.first+int(cell)] = T(values[r])
			}
		}
		return
	}
	for i := range t.combos {
		scatterCombo(&t.combos[i], values, cells, x[t.first:], stride)
	}
}

// scatterCombo writes one combination of columns of the variables of several columns.
func scatterCombo[T Float](k *combo, values []float64, cells []int32, x []T, stride int) {
	for r, cell := range cells {
		if cell < 0 {
			continue
		}
		v := values[r]
		for _, column := range k.columns {
			v *= column[r]
		}
		x[r*stride+k.shift+int(cell)] = T(v)
	}
}

// column writes the intercept or a single number.
func column[T Float](t *boundTerm, x []T, stride, n int) {
	if len(t.scalars) == 0 {
		for r := range n {
			x[r*stride] = 1
		}
		return
	}
	for r, v := range t.scalars[0][:n] {
		x[r*stride] = T(v)
	}
}

// multiply forms the product of columns, 1 without any.
func multiply(dst []float64, columns [][]float64) {
	for r := range dst {
		dst[r] = 1
	}
	for _, column := range columns {
		for r, v := range column[:len(dst)] {
			dst[r] *= v
		}
	}
}

// locate finds the cell of each row within its term, −1 where a factor is at its dropped reference level.
func locate(dst []int32, factors []boundFactor) {
	clear(dst)
	for _, f := range factors {
		for r, i := range f.out[:len(dst)] {
			if i < f.skip || dst[r] < 0 {
				dst[r] = -1
			} else {
				dst[r] += (i - f.skip) * f.step
			}
		}
	}
}
