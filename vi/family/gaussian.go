package family

// gaussian is N(mean, root rootᵀ) on the host; logdet is log |det root|.
type gaussian struct {
	mean, root []float64
	logdet     float64
}

// Mean returns the mean (D).
func (q *gaussian) Mean() []float64 { return q.mean }

// Cov returns root rootᵀ (D,D).
func (q *gaussian) Cov() []float64 {
	d := len(q.mean)
	out := make([]float64, d*d)
	for i := range d {
		for j := range i + 1 {
			s := 0.0
			for k := range d {
				s += q.root[i*d+k] * q.root[j*d+k]
			}
			out[i*d+j], out[j*d+i] = s, s
		}
	}
	return out
}

// Draw returns n draws (n,D) and their log densities.
func (q *gaussian) Draw(n int, seed uint64) (zeta, logq []float64) {
	d := len(q.mean)
	zeta, logq = make([]float64, n*d), make([]float64, n)
	eps := hostNoise(n, d, seed)
	for s := range n {
		e, z := eps[s*d:(s+1)*d], zeta[s*d:(s+1)*d]
		matVec(z, q.root, e)
		sq := 0.0
		for j, x := range e {
			z[j] += q.mean[j]
			sq += x * x
		}
		logq[s] = -sq/2 - float64(d)/2*log2Pi - q.logdet
	}
	return zeta, logq
}
