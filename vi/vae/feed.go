package vae

import (
	"elbo/data/array"
	"elbo/graph"
	"elbo/vi/feed"
)

// Slots the host writes for every step.
const (
	// SlotX holds the batch (B,D) as array.Rows delivers it: binarisation is the program's.
	SlotX = "x"
	// SlotWeight (B) holds 1/n for the n rows of the batch and 0 for its padding, which must be
	// data of the likelihood's support, such as copies of real rows (batch norm sees them).
	SlotWeight = "weight"
	// SlotItem (B) holds the rows' numbers in the data set; only static binarisation has it.
	SlotItem = "item"
)

// Slots the host writes once, where StepOptions.Resident is set.
const (
	// SlotData holds all rows (N,D) as bytes.
	SlotData = "data"
	// SlotItems (N) holds their numbers in the data set; only static binarisation has it.
	SlotItems = "items"
)

// fed is the data of one step inside its graph.
type fed struct {
	x      *graph.Node        // (B,D) floats
	weight *graph.Node        // (B)
	item   func() *graph.Node // (B) numbers of the rows, declared when asked for
}

// feed declares where the step's batch comes from.
func (m *Model) feed(g *graph.Graph, o StepOptions) fed {
	b := o.Batch
	if o.Resident > 0 {
		return m.resident(g, min(b, o.Resident), o.Resident)
	}
	f := fed{weight: g.Data(SlotWeight, b), item: func() *graph.Node { return g.DataInt(SlotItem, b) }}
	if o.Bytes {
		f.x = m.scaled(g, g.DataBytes(SlotX, b, m.width))
	} else {
		f.x = g.Data(SlotX, b, m.width)
	}
	return f
}

// resident draws batches of b from n rows on the device; the padding of a short one weighs 0.
func (m *Model) resident(g *graph.Graph, b, n int) fed {
	rows := feed.Draw(g, n, b)
	return fed{
		x:      m.scaled(g, graph.Gather(g.ResidentBytes(SlotData, n, m.width), rows.Index)),
		weight: graph.Div(rows.Live, rows.Count),
		item:   func() *graph.Node { return graph.Gather(g.ResidentInt(SlotItems, n), rows.Index) },
	}
}

// scaled converts bytes to what array.Rows makes of them.
func (m *Model) scaled(g *graph.Graph, x *graph.Node) *graph.Node {
	x = graph.ToFloat(x)
	if m.scale == array.ScaleNone {
		return x
	}
	return graph.Div(x, g.Const(255))
}

// binarised makes the pixels of a batch binary as the likelihood wants them: (B,D).
func (m *Model) binarised(g *graph.Graph, how array.Binarize, site string, b fed) *graph.Node {
	switch how {
	case array.BinarizeDynamic:
		return graph.Lt(g.Uniform01(site, graph.ShapeOf(b.x)...), b.x)
	case array.BinarizeStatic:
		return graph.Lt(graph.UniformRows(site, b.item(), m.width), b.x)
	case array.BinarizeThreshold:
		return graph.Gt(b.x, g.Const(0.5))
	}
	return b.x
}
