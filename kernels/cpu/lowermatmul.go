//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"math"

	"elbo/kernels"
)

// Terms and results of a product from and up to which its terms are split among chunks, the
// terms of a chunk, and the rows a chunk of a product with a transposed matrix adds up.
const (
	splitTerms   = 8192
	splitResults = 1 << 14
	splitChunk   = 2048
	gemvRows     = 1024
)

// matmul picks the kernel: a vector on either side makes it GEMV, else GEMM.
func (c *compiler) matmul(in *kernels.Instr) error {
	a, b := in.Args[0], in.Args[1]
	d, err := kernels.MatMulDims(in.Attr, c.shape(a), c.shape(b))
	if err != nil {
		return err
	}
	out := in.Outs[0]
	switch {
	case d.Batch == 0 || d.M == 0 || d.N == 0:
	case d.K == 0:
		c.zero(out)
	case d.N == 1 && !in.Attr.TransA:
		c.gemvRows(out, a, b, d.Batch, d.M, d.K)
	case d.N == 1:
		c.gemvCols(out, a, b, d.Batch, d.K, d.M)
	case d.M == 1 && in.Attr.TransB:
		c.gemvRows(out, b, a, d.Batch, d.N, d.K)
	case d.M == 1:
		c.gemvCols(out, b, a, d.Batch, d.K, d.N)
	default:
		c.gemm(in, d)
	}
	return nil
}

// gemvRows emits y = A x for A (m, n) row-major.
func (c *compiler) gemvRows(y, a, x kernels.ValueID, batch, m, n int) {
	cost := 0.05 * float64(c.p.DType.Size()/4*n)
	rows, chunks := chunksOf(m, cost)
	in := instr{kernel: C.ELBO_K_GEMV_N, dtype: c.p.DType, v: [4]kernels.ValueID{y, a, x},
		chunks: chunks * batch, cost: cost * float64(m*batch)}
	copy(in.d[:], []int{m, n, rows, chunks, m * n, n, m})
	c.emit(in)
}

// gemvCols emits y = Aᵀ x for A (m, n) row-major; chunks of rows leave partial sums.
func (c *compiler) gemvCols(y, a, x kernels.ValueID, batch, m, n int) {
	cost := 0.05 * float64(c.p.DType.Size()/4*n)
	rows, _ := chunksOf(m, cost)
	rows = max(min(rows, gemvRows), min(m, 256))
	chunks := (m + rows - 1) / rows
	in := instr{kernel: C.ELBO_K_GEMV_T, dtype: c.p.DType, v: [4]kernels.ValueID{y, a, x},
		chunks: chunks * batch, cost: cost * float64(m*batch), partial: chunks * batch * n * c.p.DType.Size()}
	copy(in.d[:], []int{m, n, rows, chunks, m * n, m, n})
	c.emit(in)
}

// gemm emits a matrix product, cut into blocks of rows or columns of C, or of terms.
func (c *compiler) gemm(in *kernels.Instr, d kernels.MatDims) {
	dt := c.p.DType
	flops := 2 * float64(d.M) * float64(d.N) * float64(d.K)
	out := instr{kernel: C.ELBO_K_GEMM, dtype: dt, v: [4]kernels.ValueID{in.Outs[0], in.Args[0], in.Args[1]},
		tls: int(c.level.isa.gemm_tls[dt]), cost: flops * float64(d.Batch) * 0.012 * float64(dt.Size()/4)}
	copy(out.d[:], []int{d.M, d.N, d.K, d.K, 1, d.N, 1, d.M * d.K, d.K * d.N, d.M * d.N})
	if in.Attr.TransA {
		out.d[3], out.d[4] = 1, d.M
	}
	if in.Attr.TransB {
		out.d[5], out.d[6] = 1, d.K
	}
	if d.K >= splitTerms && d.M*d.N <= splitResults && d.Batch == 1 {
		out.kernel, out.d[10] = C.ELBO_K_GEMM_SPLIT, splitChunk
		out.chunks = (d.K + splitChunk - 1) / splitChunk
		out.partial = out.chunks * d.M * d.N * dt.Size()
		c.emit(out)
		return
	}
	rows, cols := c.blocks(d, in.Attr.TransB, flops)
	rowBlocks, colBlocks := (d.M+rows-1)/rows, (d.N+cols-1)/cols
	copy(out.d[10:], []int{rows, cols, rowBlocks, colBlocks})
	out.chunks = rowBlocks * colBlocks * d.Batch
	c.emit(out)
}

// blocks returns the rows and columns of C in a chunk: whole for up to 2 MFLOP, else blocks of
// rows, or of columns where there are few rows or where every block of rows would pack B again.
func (c *compiler) blocks(d kernels.MatDims, transB bool, flops float64) (rows, cols int) {
	mr, nr := int(c.level.isa.mr[c.p.DType]), int(c.level.isa.nr[c.p.DType])
	if flops < 2e6 {
		return d.M, d.N
	}
	packs := transB || d.N*c.p.DType.Size()%1024 == 0
	byColumns := d.M <= gemmReuse*mr && d.N >= 8*nr || packs && d.M < 1024 && d.N >= 4*nr
	if d.M >= 4*mr && !byColumns {
		least := 1
		if packs {
			least = 6 * mr
		}
		return even(d.M, mr, max(least, leastOf(d.M, flops))), d.N
	}
	return d.M, even(d.N, nr, leastOf(d.N, flops))
}

// gemmReuse is the number of register tiles that make good use of a panel of B.
const gemmReuse = 12

// leastOf returns how many of n rows or columns of a product of so many flops a chunk needs at
// least: 1 MFLOP, and no more than some 32 chunks.
func leastOf(n int, flops float64) int {
	return int(math.Ceil(float64(n) * max(1e6/flops, 1.0/32)))
}

// even returns the extent of blocks of n, a multiple of unit and at least least, such that two
// threads taking blocks in turn have the most equal shares, up to twice the least extent.
func even(n, unit, least int) int {
	best, share := n, n
	for size := ceilTo(least, unit); size < n && size <= max(2*least, 4*unit); size += unit {
		full, rest := n/size, n%size
		larger := (full + 1) / 2 * size
		if full%2 == 0 {
			larger += rest
		}
		if larger < share {
			best, share = size, larger
		}
	}
	return best
}

func (c *compiler) cholesky(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	n, batch := s[len(s)-1], s[:len(s)-2].Size()
	each := 30 + 0.2*float64(n)*float64(n) + 0.01*float64(n)*float64(n)*float64(n)
	out := instr{kernel: C.ELBO_K_CHOLESKY, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]},
		chunks: batch, cost: each * float64(batch), tls: int(c.level.isa.gemm_tls[c.p.DType])}
	out.d[0], out.d[1] = batch, n
	if s.Size() > 0 {
		c.emit(out)
	}
	return nil
}

func (c *compiler) triSolve(in *kernels.Instr) error {
	s := c.shape(in.Outs[0])
	out := instr{kernel: C.ELBO_K_TRISOLVE, dtype: c.p.DType,
		v: [4]kernels.ValueID{in.Outs[0], in.Args[0], in.Args[1]}, tls: int(c.level.isa.gemm_tls[c.p.DType])}
	out.d[0], out.d[1] = s[0], s[1:].Size()
	if in.Attr.TransA {
		out.d[2] = 1
	}
	if s.Size() > 0 {
		c.emit(out)
	}
	return nil
}
