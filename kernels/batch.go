package kernels

// BatchRows sets dst to the rows of the step's minibatch of len(dst) = B out of n rows: epoch
// e = step / ceil(n/B) visits the rows in the order of NewPermutation(n, seed, e), B at a time;
// rows past the end of a short last batch repeat the batch's first row.
func BatchRows(dst []int32, n int, seed, step uint64) {
	b := uint64(len(dst))
	batches := (uint64(n) + b - 1) / b
	order := NewPermutation(uint64(n), seed, step/batches)
	start := step % batches * b
	for i := range dst {
		if at := start + uint64(i); at < uint64(n) {
			dst[i] = int32(order.At(at))
		} else {
			dst[i] = dst[0]
		}
	}
}
