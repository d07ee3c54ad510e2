package svi

import (
	"fmt"
	"math"
	"slices"

	"elbo/data"
	"elbo/graph"
	"elbo/vi/model"
)

// Column holds the values of one Data input for all N rows, row-major.
type Column struct {
	Values []float64 // N·Width numbers
	Width  int       // numbers per row; 0 means 1
}

// Vector is a column of one number per row.
func Vector(x []float64) Column { return Column{Values: x} }

// Matrix is a column of width numbers per row.
func Matrix(x []float64, width int) Column { return Column{Values: x, Width: width} }

func (c Column) width() int { return max(c.Width, 1) }

// Data holds the columns by the names the model's Data calls use.
type Data map[string]Column

// layout relates columns to the inputs of a program.
type layout struct {
	rows   int64 // N
	batch  int   // B
	plates []string
	cols   []boundColumn
}

type boundColumn struct {
	name string
	Column
}

// newLayout checks the columns against the model's plates and the graph's inputs.
func newLayout(m *model.Model, g *graph.Graph, d Data) (*layout, error) {
	l := &layout{rows: 1, batch: 1}
	for i, p := range m.Plates() {
		if i > 0 && p.Rows != l.batch {
			return nil, fmt.Errorf("svi: plates %q of %d rows and %q of %d: %w; give them one batch size",
				l.plates[0], l.batch, p.Name, p.Rows, ErrData)
		}
		l.batch = p.Rows
		l.plates = append(l.plates, p.Name)
	}
	used := map[string]bool{}
	for _, n := range g.Inputs() {
		in := g.Input(n)
		if in.Kind != graph.InputData || in.Name == slotZeta || l.isControl(in.Name) {
			continue
		}
		c, ok := d[in.Name]
		if !ok {
			return nil, fmt.Errorf("svi: the model reads %q, which is not among the columns %v: %w", in.Name, names(d), ErrData)
		}
		used[in.Name] = true
		if err := l.bind(in, c); err != nil {
			return nil, err
		}
	}
	for _, name := range names(d) {
		if !used[name] {
			return nil, fmt.Errorf("svi: the model does not read column %q: %w", name, ErrData)
		}
	}
	if l.batch > int(l.rows) {
		return nil, fmt.Errorf("svi: plate %q of %d rows over %d rows of data: %w; make the plate at most as large",
			l.plates[0], l.batch, l.rows, ErrData)
	}
	return l, nil
}

// isControl tells the plates' own inputs from data.
func (l *layout) isControl(name string) bool {
	return slices.ContainsFunc(l.plates, func(p string) bool {
		return name == model.ScaleSlot(p) || name == model.MaskSlot(p)
	})
}

// bind checks one column; the first one decides N.
func (l *layout) bind(in *graph.Input, c Column) error {
	size := in.Shape.Size()
	if len(l.plates) == 0 {
		if len(c.Values) != size {
			return fmt.Errorf("svi: column %q has %d numbers, the model's input of shape %v takes %d: %w",
				in.Name, len(c.Values), in.Shape, size, ErrData)
		}
		l.cols = append(l.cols, boundColumn{in.Name, Column{c.Values, size}})
		return finite(in.Name, c)
	}
	if len(in.Shape) == 0 || in.Shape[0] != l.batch || size/l.batch != c.width() {
		return fmt.Errorf("svi: column %q has %d numbers per row, the model's input shape %v in batches of %d: %w",
			in.Name, c.width(), in.Shape, l.batch, ErrData)
	}
	n := len(c.Values) / c.width()
	if n == 0 || n*c.width() != len(c.Values) {
		return fmt.Errorf("svi: column %q: %d numbers are no positive number of rows of %d: %w",
			in.Name, len(c.Values), c.width(), ErrData)
	}
	if len(l.cols) == 0 {
		l.rows = int64(n)
	}
	if int64(n) != l.rows {
		return fmt.Errorf("svi: column %q has %d rows, column %q %d: %w", in.Name, n, l.cols[0].name, l.rows, ErrData)
	}
	l.cols = append(l.cols, boundColumn{in.Name, c})
	return finite(in.Name, c)
}

func finite(name string, c Column) error {
	for i, x := range c.Values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("svi: column %q, row %d: %g is not a number to learn from: %w; drop or fill the row",
				name, i/c.width()+1, x, ErrData)
		}
	}
	return nil
}

func names(d Data) []string {
	var out []string
	for n := range d {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// loader returns the batch order.
func (l *layout) loader(seed uint64, shuffle bool) (*data.Loader, error) {
	return data.NewLoader(data.LoaderConfig{Rows: l.rows, Batch: l.batch, Seed: seed, Shuffle: shuffle})
}
