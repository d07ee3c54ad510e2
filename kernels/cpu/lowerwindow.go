//go:build cgo

package cpu

// #include "exec.h"
import "C"

import "elbo/kernels"

// im2col emits the windows of images as rows, in chunks of rows of windows.
func (c *compiler) im2col(in *kernels.Instr) error {
	return c.window(in, C.ELBO_K_IM2COL, c.shape(in.Args[0]))
}

// col2im emits the sum of windows, in chunks of rows of pixels.
func (c *compiler) col2im(in *kernels.Instr) error {
	return c.window(in, C.ELBO_K_COL2IM, c.shape(in.Outs[0]))
}

func (c *compiler) window(in *kernels.Instr, kernel C.enum_elbo_kernel, image kernels.Shape) error {
	w := in.Attr.Window
	oh, ow, err := w.Out(image[1], image[2])
	if err != nil {
		return err
	}
	rows := image[0] * oh
	if kernel == C.ELBO_K_COL2IM {
		rows = image[0] * image[1]
	}
	if image.Size() == 0 {
		return nil
	}

	// Runs of KW·C elements cost a few ns to begin, and 0.15 ns an element from the second level cache.
	elements := image[0] * oh * ow * w.Size() * image[3]
	runs := image[0] * oh * ow * w.Kernel[0]
	cost := 3*float64(runs) + 0.15*float64(elements*c.p.DType.Size()/4)
	out := instr{kernel: kernel, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]}, cost: cost}
	chunk, _ := chunksOf(rows, cost/float64(rows))
	if each := rows / image[0]; chunk > each { // whole images: windows between two chunks are read twice
		chunk = ceilTo(chunk, each)
	}
	sy, sx := w.Steps()
	copy(out.d[:], []int{rows, chunk, image[1], image[2], image[3], w.Kernel[0], w.Kernel[1], sy, sx,
		w.Pad[0], w.Pad[1], oh, ow})
	out.chunks = (rows + chunk - 1) / chunk
	c.emit(out)
	return nil
}

// uniformRows emits one fill per row.
func (c *compiler) uniformRows(in *kernels.Instr) error {
	n, width := c.shape(in.Args[0])[0], in.Attr.N
	cost := c.fillCost() * float64(ceilTo(width, 128))
	out := instr{kernel: C.ELBO_K_UNIFORM_ROWS, dtype: c.p.DType, v: [4]kernels.ValueID{in.Outs[0], in.Args[0]},
		ext: c.level.fill(kernels.RandUniform, c.p.DType), cost: cost * float64(n)}
	out.d[0], out.d[1], out.d[2] = n, width, int(in.Attr.Site)
	out.d[3], out.chunks = chunksOf(n, cost)
	c.emit(out)
	return nil
}
