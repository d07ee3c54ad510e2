package graph

import "elbo/kernels"

// eachPatch calls f for every element of Im2Col's result with the element of the images it
// is, or −1 where it lies outside.
func eachPatch(image kernels.Shape, w Window, f func(at, from int)) {
	oh, ow, err := w.Out(image[1], image[2])
	if err != nil {
		return // shapes were checked when the op was made
	}
	sy, sx := w.Steps()
	// Axes of the windows: image, place, place in the window, channel.
	at := 0
	eachIndex(kernels.Shape{image[0] * oh, ow, w.Size(), image[3]}, func(_ int, i []int) {
		y := i[0]%oh*sy - w.Pad[0] + i[2]/w.Kernel[1]
		x := i[1]*sx - w.Pad[1] + i[2]%w.Kernel[1]
		from := -1
		if y >= 0 && y < image[1] && x >= 0 && x < image[2] {
			from = ((i[0]/oh*image[1]+y)*image[2]+x)*image[3] + i[3]
		}
		f(at, from)
		at++
	})
}

func (e *evaluation) im2col() error {
	eachPatch(e.in[0].shape, e.attr.Window, func(at, from int) {
		if from >= 0 {
			e.out[at] = e.in[0].data[from]
		}
	})
	return nil
}

func (e *evaluation) col2im() error {
	eachPatch(e.shape, e.attr.Window, func(at, from int) {
		if from >= 0 {
			e.out[from] += e.in[0].data[at]
		}
	})
	return nil
}

func (e *evaluation) uniformRows() error {
	for i, row := range e.in[0].data {
		n := e.attr.N
		kernels.FillUniform(e.out[i*n:(i+1)*n], e.dt, e.seed, e.attr.Site, uint64(uint32(int32(row))))
	}
	return nil
}
