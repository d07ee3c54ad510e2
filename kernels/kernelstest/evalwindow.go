package kernelstest

import "elbo/kernels"

// im2col: element (n, y, x; i, j, c) of the matrix is pixel (y·stride − pad + i, …) of the image.
func im2col(ev *evaluator, in *kernels.Instr) []float64 {
	s := ev.shape(in.Args[0])
	return ev.pick(in, func(at []int) int { return seen(in.Attr.Window, s, at[0], at[1]) })
}

// col2im: every element of the matrix is added to the pixel it shows.
func col2im(ev *evaluator, in *kernels.Instr) []float64 {
	s := ev.shape(in.Outs[0])
	y, src := make([]float64, s.Size()), ev.vals[in.Args[0]]
	each(ev.shape(in.Args[0]), func(i int, at []int) {
		if k := seen(in.Attr.Window, s, at[0], at[1]); k >= 0 {
			y[k] += src[i]
		}
	})
	return y
}

// seen returns the element of images s that stands in a row and column of the matrix of
// windows, or −1 outside the image.
func seen(w kernels.Window, s kernels.Shape, row, col int) int {
	oh, ow, err := w.Out(s[1], s[2])
	if err != nil {
		panic(err)
	}
	sy, sx := w.Steps()
	n, c := row/(oh*ow), col%s[3]
	y := row/ow%oh*sy - w.Pad[0] + col/s[3]/w.Kernel[1]
	x := row%ow*sx - w.Pad[1] + col/s[3]%w.Kernel[1]
	if y < 0 || y >= s[1] || x < 0 || x >= s[2] {
		return -1
	}
	return index(s, []int{n, y, x, c})
}

// uniformRows: a row of the stream at the step that is the row's number.
func uniformRows(ev *evaluator, in *kernels.Instr) []float64 {
	d := in.Attr.N
	y := make([]float64, ev.shape(in.Outs[0]).Size())
	for i, row := range ev.vals[in.Args[0]] {
		step := uint64(uint32(int32(row)))
		kernels.FillUniform(y[i*d:(i+1)*d], ev.p.DType, ev.p.Seed, in.Attr.Site, step)
	}
	return y
}
