package array

import (
	"math"

	"elbo/data"
)

// Options steers Open. The zero value reads what is there.
type Options struct {
	// Labels names the file of labels ("y.npy", "set.npz:y"), or the column of them when the array is a CSV file.
	// Empty means by the usual names when such a file exists, NoLabels means none.
	Labels string
	// Member names the array of an NPZ file; empty means the only one, or what follows the colon in "file.npz:name".
	Member string
	// Columns are those of a CSV file to read; nil means all but the labels.
	Columns []string
	// MaxBytes bounds the memory of the array; 0 means 16 GiB.
	MaxBytes int64
}

// NoLabels as Options.Labels leaves labels out.
const NoLabels = "none"

const defaultMaxBytes = 16 << 30

func (o Options) withDefaults() (Options, error) {
	if o.MaxBytes < 0 {
		return o, options("array: MaxBytes %d is negative", o.MaxBytes)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	o.MaxBytes = min(o.MaxBytes, math.MaxInt)
	return o, nil
}

func emptyShape(file string, dims []int64) error {
	return located(data.ErrEmpty, file, "shape", "", "%v holds no values", dims)
}

func tooLarge(file string, dims []int64, bytes, limit int64) error {
	return located(data.ErrLimit, file, "shape", "split the file", "%v takes %d bytes, the limit is %d", dims, bytes,
		limit)
}
