package ref

import "elbo/kernels"

// patchRow is what one row of one window's kernel sees of an image: n elements of the image
// from element image on stand at element patch of the matrix of windows.
type patchRow struct{ patch, image, n int }

// eachPatchRow calls f for the rows of all windows of the images, the parts outside cut off,
// in the order of the matrix.
func eachPatchRow(w kernels.Window, image kernels.Shape, f func(r patchRow)) {
	h, wd, c := image[1], image[2], image[3]
	oh, ow, err := w.Out(h, wd)
	if err != nil {
		return // Check has refused the program
	}
	sy, sx := w.Steps()
	for window := range image[0] * oh * ow {
		top := window/ow%oh*sy - w.Pad[0]
		left := window%ow*sx - w.Pad[1]
		lo, hi := max(-left, 0), min(w.Kernel[1], wd-left)
		for i := range w.Kernel[0] {
			if y := top + i; y >= 0 && y < h && lo < hi {
				f(patchRow{
					patch: (window*w.Size() + i*w.Kernel[1] + lo) * c,
					image: ((window/(oh*ow)*h+y)*wd + left + lo) * c,
					n:     (hi - lo) * c,
				})
			}
		}
	}
}

func makeIm2Col[T float](e *executable, in *kernels.Instr) kernel {
	image := e.shape(in.Args[0])
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		clear(dst)
		eachPatchRow(in.Attr.Window, image, func(r patchRow) { copy(dst[r.patch:r.patch+r.n], src[r.image:]) })
		return nil
	}
}

// makeCol2Im adds in float64, window after window.
func makeCol2Im[T float](e *executable, in *kernels.Instr) kernel {
	image := e.shape(in.Outs[0])
	acc := make([]float64, image.Size())
	return func(uint64) error {
		src, dst := of[T](e, in.Args[0]), of[T](e, in.Outs[0])
		clear(acc)
		eachPatchRow(in.Attr.Window, image, func(r patchRow) {
			to := acc[r.image : r.image+r.n]
			for i, x := range src[r.patch : r.patch+r.n] {
				to[i] += float64(x)
			}
		})
		for i, x := range acc {
			dst[i] = T(x)
		}
		return nil
	}
}

// makeUniformRows fills each row from the stream at the step that is the row's number.
func makeUniformRows[T float](e *executable, in *kernels.Instr) kernel {
	width := in.Attr.N
	row := make([]float64, width)
	return func(uint64) error {
		dst := of[T](e, in.Outs[0])
		for i, r := range of[int32](e, in.Args[0]) {
			kernels.FillUniform(row, e.prog.DType, e.prog.Seed, in.Attr.Site, uint64(uint32(r)))
			for j, x := range row {
				dst[i*width+j] = T(x)
			}
		}
		return nil
	}
}
