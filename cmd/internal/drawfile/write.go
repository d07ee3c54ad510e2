package drawfile

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// SchemaVersion is stored in the file's metadata under schema_version.
const SchemaVersion = "1"

// Columns besides the parameters.
var (
	before = []string{".chain", ".iteration", ".draw"}
	after  = []string{"lp__", "log_p__", "log_g__"}
)

// Draws are S draws of D parameters.
type Draws struct {
	Names  []string  // (D)
	Values []float64 // row-major (S,D)
	LogP   []float64 // log joint per draw, with Jacobians (S)
	LogQ   []float64 // log density of the guide per draw (S)
}

// Write writes the draws as one chain.
func Write(w io.Writer, d Draws, metadata map[string]string) error {
	schema, err := d.schema()
	if err != nil {
		return err
	}
	options := []parquet.WriterOption{schema, parquet.KeyValueMetadata("schema_version", SchemaVersion)}
	for _, k := range sortedKeys(metadata) {
		options = append(options, parquet.KeyValueMetadata(k, metadata[k]))
	}
	out := parquet.NewWriter(w, options...)
	for s := range d.LogQ {
		if _, err := out.WriteRows([]parquet.Row{d.row(s)}); err != nil {
			return fmt.Errorf("write draws: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write draws: %w", err)
	}
	return nil
}

// schema lays the columns out in the order people expect.
func (d *Draws) schema() (*parquet.Schema, error) {
	r := record{Group: parquet.Group{}}
	add := func(name string, n parquet.Node) error {
		if _, twice := r.Group[name]; twice {
			return fmt.Errorf("write draws: two columns are called %q", name)
		}
		r.Group[name] = n
		r.order = append(r.order, name)
		return nil
	}
	for _, name := range before {
		if err := add(name, parquet.Int(32)); err != nil {
			return nil, err
		}
	}
	for _, name := range append(append([]string(nil), d.Names...), after...) {
		if err := add(name, parquet.Leaf(parquet.DoubleType)); err != nil {
			return nil, err
		}
	}
	return parquet.NewSchema("draws", r), nil
}

// row returns draw s as values in column order.
func (d *Draws) row(s int) parquet.Row {
	row := make(parquet.Row, 0, len(before)+len(d.Names)+len(after))
	add := func(v parquet.Value) { row = append(row, v.Level(0, 0, len(row))) }
	add(parquet.Int32Value(1))
	add(parquet.Int32Value(int32(s + 1)))
	add(parquet.Int32Value(int32(s + 1)))
	for _, x := range d.Values[s*len(d.Names) : (s+1)*len(d.Names)] {
		add(parquet.DoubleValue(x))
	}
	add(parquet.DoubleValue(d.LogP[s]))
	add(parquet.DoubleValue(d.LogP[s]))
	add(parquet.DoubleValue(d.LogQ[s]))
	return row
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
