package formula

// polyPasses learns the recurrences, one degree of every poly() a pass.
func (ft *fitter) polyPasses() error {
	var fits []*polyFit
	var owners []*learner
	for i := range ft.learners {
		if l := &ft.learners[i]; l.v.Kind == Poly {
			// On inputs centred at their mean p₀ = 1 needs no pass: α₀ = 0 and ‖p₀‖² = N.
			l.v.Alpha, l.v.Norm = []float64{0}, []float64{float64(ft.report.RowsUsed)}
			fits, owners = append(fits, &polyFit{v: &l.v, degree: l.atom.degree}), append(owners, l)
		}
	}
	for pass := 1; ; pass++ {
		open := false
		for _, f := range fits {
			open = open || pass <= f.degree
		}
		if !open {
			return nil
		}
		if err := ft.polyPass(fits, owners, pass); err != nil {
			return err
		}
		for i, f := range fits {
			if pass <= f.degree && !f.next() {
				return checker{ft.formula.Text}.fault(owners[i].atom.node, ErrData, "lower the degree",
					"%s needs more than %d different values", f.v.Text, f.degree)
			}
		}
	}
}

// polyPass streams the used rows once.
func (ft *fitter) polyPass(fits []*polyFit, owners []*learner, pass int) error {
	width := ft.schema.RecordBytes
	return Scan(ft.table, ft.report.Kept, scanRows, func(recs []byte, n int, _ int64) error {
		for lo := 0; lo < n; lo += blockRows {
			m := min(blockRows, n-lo)
			ft.prog.run(recs[lo*width:(lo+m)*width], width, m)
			for i, f := range fits {
				if pass <= f.degree {
					f.add(ft.prog.regs[owners[i].reg][:m])
				}
			}
		}
		return nil
	})
}

// freeze assembles the encoder.
func (ft *fitter) freeze() (*Encoder, error) {
	spec := encoderSpec{SchemaVersion: SchemaVersion, Formula: ft.formula.Text, Intercept: ft.x.intercept,
		Response: ft.left.spec}
	for i := range ft.learners {
		spec.Variables = append(spec.Variables, ft.learners[i].v)
	}
	terms := make([][]int, len(ft.x.terms))
	for i, t := range ft.x.terms {
		for _, a := range t {
			terms[i] = append(terms[i], ft.varOf[a])
		}
	}
	full := fullCoding(terms, func(v int) bool { return spec.Variables[v].Kind == Factor }, ft.x.intercept)
	for i, t := range terms {
		spec.Terms = append(spec.Terms, Term{Label: joinLabels(spec.Variables, t), Variables: t, Full: full[i]})
	}
	for _, o := range ft.x.offsets {
		spec.Offsets = append(spec.Offsets, ft.sourceOf(o))
	}
	return newEncoder(spec, ft.opt.MaxColumns)
}
