//go:build elbo_cuda && linux

package driver

// Gemv is a product of a row-major matrix and a vector in device memory:
//
//	Y ← Alpha · op(A) · X + Beta · Y
//
// where A is stored (M,N) and op transposes if asked. A leading stride LDA of 0 stands for N; Beta 0
// does not read Y. With M or N 0 nothing is done.
type Gemv struct {
	M, N        int
	Trans       bool
	Alpha, Beta float64
	A, X, Y     Ptr
	LDA         int // elements from one row to the next
}

// filled checks the sizes and replaces a leading stride of 0.
func (g Gemv) filled(call string) (Gemv, error) {
	if g.LDA == 0 {
		g.LDA = max(1, g.N)
	}
	if g.LDA < g.N || !fits(g.LDA) || !fits(g.M) || !fits(g.N) {
		return g, misuse(call, "M %d, N %d, LDA %d", g.M, g.N, g.LDA)
	}
	return g, nil
}

// Gemv32 multiplies a float32 matrix and vector. To cuBLAS, which stores by columns, the stored matrix
// is Aᵀ.
func (b *Blas) Gemv32(g Gemv) error {
	const call = "cublasSgemv"
	g, err := g.filled(call)
	if err != nil || g.M == 0 || g.N == 0 {
		return err
	}
	if err := b.usable(call); err != nil {
		return err
	}
	b.standard.Sgemv(trans(!g.Trans), g.N, g.M, float32(g.Alpha), dressed[float32](g.A), g.LDA,
		dressed[float32](g.X), 1, float32(g.Beta), dressed[float32](g.Y), 1)
	return b.checked(call)
}

// Gemv64 multiplies a float64 matrix and vector.
func (b *Blas) Gemv64(g Gemv) error {
	const call = "cublasDgemv"
	g, err := g.filled(call)
	if err != nil || g.M == 0 || g.N == 0 {
		return err
	}
	if err := b.usable(call); err != nil {
		return err
	}
	b.standard.Dgemv(trans(!g.Trans), g.N, g.M, g.Alpha, dressed[float64](g.A), g.LDA,
		dressed[float64](g.X), 1, g.Beta, dressed[float64](g.Y), 1)
	return b.checked(call)
}
