package vae

import (
	"context"
	"fmt"
	"math"

	"elbo/data/array"
	"elbo/graph"
)

// slotDraw (S·B) numbers the draws of a pass: item·k + particle, particle-major. Noise and
// binarisation of evaluation are functions of the seed and these numbers, so results do not
// depend on how items are cut into batches.
const slotDraw = "draw"

// evalBatch is the default number of rows of an evaluation pass.
const evalBatch = 256

// rowNoise returns standard normals (S,B,D), one row per draw.
func (n *net) rowNoise(s, b int) *graph.Node {
	d := n.m.cfg.Latent
	u := graph.UniformRows(Site, n.c.G.DataInt(slotDraw, s*b), d)
	return graph.Reshape(graph.NormInv(u), s, b, d)
}

// input declares the batch and returns it binarised: (B,D).
func (n *net) input(b int) *graph.Node {
	how := n.m.bin
	if how == array.BinarizeDynamic {
		how = array.BinarizeStatic // one draw per item and seed
	}
	return n.m.binarised(n.c.G, how, "binarize", n.m.feed(n.c.G, StepOptions{Batch: b}))
}

// batch is the rows of one pass.
type batch struct {
	items []int64   // n of them
	x     []float32 // (B,D), the last row repeated beyond n
	item  []int32   // (B)
}

// eachBatch hands rows of the array to visit in batches of b; items nil means all.
func (r *Runner) eachBatch(ctx context.Context, a *array.Array, items []int64, b int, visit func(*batch) error) error {
	if a.Width() != r.m.width {
		return fmt.Errorf("%w: %s: items of %s, the model takes %s", ErrData, a.File,
			array.ShapeText(a.Item()), array.ShapeText(r.m.cfg.Item))
	}
	total := count(a, items)
	if total == 0 {
		return fmt.Errorf("%w: %s: no items to evaluate", ErrData, a.File)
	}
	w := &batch{x: make([]float32, b*r.m.width), item: make([]int32, b)}
	rows := make([]int64, b)
	for at := int64(0); at < total; at += int64(b) {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := int(min(int64(b), total-at))
		for i := range rows {
			k := at + int64(min(i, n-1))
			rows[i] = k
			if items != nil {
				rows[i] = items[k]
			}
			if rows[i] > math.MaxInt32 {
				return fmt.Errorf("%w: item %d: evaluation takes at most %d items", ErrData, rows[i], math.MaxInt32)
			}
			w.item[i] = int32(rows[i])
		}
		if err := a.Rows(rows, r.m.scale, w.x); err != nil {
			return err
		}
		w.items = rows[:n]
		if err := visit(w); err != nil {
			return err
		}
	}
	return nil
}

func count(a *array.Array, items []int64) int64 {
	if items == nil {
		return a.Items()
	}
	return int64(len(items))
}

// set writes the batch into a pass.
func (w *batch) set(p *pass) error {
	if err := p.setFloats(SlotX, w.x); err != nil {
		return err
	}
	return p.setInts(SlotItem, w.item)
}

// draws numbers particles first … first+s−1 of k for every row, particle-major, into dst.
func (w *batch) draws(dst []int32, first, s, k int) ([]int32, error) {
	dst = dst[:0]
	for i := range s {
		for _, item := range w.item {
			n := int64(item)*int64(k) + int64(first+i)
			if n > math.MaxInt32 {
				return nil, fmt.Errorf("%w: item %d with k = %d: items times k may be at most %d",
					ErrData, item, k, math.MaxInt32)
			}
			dst = append(dst, int32(n))
		}
	}
	return dst, nil
}

// tally is a mean with its standard error.
type tally struct {
	n         int64
	mean, ssd float64
}

// add is Welford's update.
func (t *tally) add(x float64) {
	t.n++
	d := x - t.mean
	t.mean += d / float64(t.n)
	t.ssd += d * (x - t.mean)
}

// variance is the sample variance, 0 for a single value.
func (t *tally) variance() float64 {
	if t.n < 2 {
		return 0
	}
	return t.ssd / float64(t.n-1)
}

// se is the standard error of the mean.
func (t *tally) se() float64 { return math.Sqrt(t.variance() / float64(t.n)) }
