package regress

import "math"

// start returns coordinates from which Newton's method begins: the layout's, with an intercept that makes up for the
// offsets of a sample of rows. A log link goes down by one per step only, so that offsets such as 100 must not be
// left for Newton's method to find.
func (p *Problem) start() ([]float64, error) {
	lay := p.design.lay
	z := lay.start()
	if !p.design.offset || !lay.intercept {
		return z, nil
	}
	rows := sampleRows(p.Rows(), int(min(p.Rows(), warmRows)))
	e, err := p.design.newEncoder(len(rows))
	if err != nil {
		return nil, err
	}
	if err := e.gather(rows); err != nil {
		return nil, err
	}
	shift := meanOf(e.block.Offset)
	if lay.lik.Link == "log" {
		shift = logMeanExp(e.block.Offset)
	}
	for k := range lay.k {
		z[k*lay.p] -= shift
	}
	return z, nil
}

func meanOf(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// logMeanExp returns the log of the mean of exp x.
func logMeanExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum/float64(len(x)))
}
