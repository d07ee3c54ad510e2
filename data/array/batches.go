package array

import (
	"context"
	"slices"

	"elbo/data"
)

// BatchConfig sets up Batches.
type BatchConfig struct {
	Rows    []int64 // items to draw from, such as the training part of a Split; nil means all
	Batch   int     // B, at least 1
	Seed    uint64  // of the order
	Shuffle bool    // false reads Rows in their order every epoch
	Scale   Scale   // of Batch.Floats
	Raw     bool    // fill Batch.Raw in place of Batch.Floats
}

// Batch is one minibatch of n items. Its slices are reused: a caller may put its own buffers in, which are kept when
// they are large enough.
type Batch struct {
	Items  []int64   // numbers of the items (n)
	Floats []float32 // (n,D), or empty with BatchConfig.Raw
	Raw    []byte    // n·ItemBytes() bytes, or empty without BatchConfig.Raw
	Labels []int32   // (n), empty when the array has no labels
}

// Batches says what every step's minibatch holds: a pure function of configuration and step, like data.Loader. It is
// safe for concurrent use.
type Batches struct {
	array  *Array
	cfg    BatchConfig
	loader *data.Loader
}

// NewBatches checks the configuration.
func NewBatches(a *Array, cfg BatchConfig) (*Batches, error) {
	rows := a.Items()
	if cfg.Rows != nil {
		rows = int64(len(cfg.Rows))
		if err := a.checkItems(cfg.Rows, len(cfg.Rows), 1); err != nil {
			return nil, err
		}
	}
	l, err := data.NewLoader(data.LoaderConfig{Rows: rows, Batch: cfg.Batch, Seed: cfg.Seed, Shuffle: cfg.Shuffle})
	if err != nil {
		return nil, err
	}
	return &Batches{array: a, cfg: cfg, loader: l}, nil
}

// Loader returns what knows steps per epoch, sizes and scale factors.
func (b *Batches) Loader() *data.Loader { return b.loader }

// Fill writes the minibatch of a step. It allocates only while the buffers of dst are too small.
func (b *Batches) Fill(step int64, dst *Batch) error {
	n := b.loader.Size(step)
	dst.Items = resize(dst.Items, n)
	b.loader.Indices(step, dst.Items)
	if b.cfg.Rows != nil {
		for k, i := range dst.Items {
			dst.Items[k] = b.cfg.Rows[i]
		}
	}
	dst.Labels = dst.Labels[:0]
	if b.array.Labels != nil {
		dst.Labels = resize(dst.Labels, n)
		for k, item := range dst.Items {
			dst.Labels[k] = b.array.Labels[item]
		}
	}
	if b.cfg.Raw {
		dst.Floats, dst.Raw = dst.Floats[:0], resize(dst.Raw, n*b.array.ItemBytes())
		return b.array.RawRows(dst.Items, dst.Raw)
	}
	dst.Raw, dst.Floats = dst.Raw[:0], resize(dst.Floats, n*b.array.Width())
	return b.array.Rows(dst.Items, b.cfg.Scale, dst.Floats)
}

// resize returns s with length n; what it held is lost.
func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// Prefetch fills the minibatches of consecutive steps in the background. Close it in any case.
func (b *Batches) Prefetch(ctx context.Context, cfg data.PrefetchConfig) *data.Prefetcher[Batch] {
	return data.NewPrefetcher(ctx, cfg, func(_ context.Context, s *data.Slot[Batch]) error {
		return b.Fill(s.Step, &s.Value)
	})
}
