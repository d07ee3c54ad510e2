// Package array reads multi-dimensional arrays of numbers, images above all, and turns them into minibatches.
//
// # What
//
// [Open] reads IDX (the format of MNIST; plain or gzip), NumPy's NPY versions 1 to 3 (plain or gzip) and NPZ (members
// stored or deflated, "file.npz:name"), and the numeric columns of a CSV file. The result is an [Array]: N items of
// D = ∏ Item() values each, kept in the type of the file, row-major and little-endian; MNIST is 47 MB of bytes and
// never 188 MB of float32. Headers are compared with the size of the file before memory is taken.
//
// # Values
//
// [Array.Rows] converts chosen items to float32, [Array.RawRows] copies their bytes for devices that convert
// themselves. [ScaleAuto] divides uint8 by 255 (correctly rounded) and leaves every other type alone.
//
//	a, err := array.Open("train-images-idx3-ubyte.gz", array.Options{})
//	train, valid, err := array.Split(a.Items(), 5000, seed)
//	b, err := array.NewBatches(a, array.BatchConfig{Rows: train, Batch: 128, Seed: seed, Shuffle: true})
//	p := b.Prefetch(ctx, data.PrefetchConfig{Workers: 1})
//	defer p.Close()
//	s, err := p.Next() // s.Value.Floats (n,D), s.Value.Labels (n)
//
// Labels come from Options.Labels, or from the file beside the images that the usual names point to
// (train-images-idx3-ubyte → train-labels-idx1-ubyte, x_train → y_train).
//
// [Array.Within] checks what a likelihood assumes of the values and names item and pixel of the first exception.
// [Binarize] names the ways to make pixels binary; the drawing itself happens on the device.
//
// # Results
//
// [WriteNPY] writes latent codes for NumPy, [WriteGrid] images as one PNG; both replace the target atomically.
//
// # Errors
//
// A fault in a file is a *data.Error whose message begins with the field of the header at fault; errors.Is tells the
// classes of package data apart. No input makes the package panic or take memory beyond what the file can hold.
package array
