package drawfile

import (
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// record is a group whose columns keep their order; parquet.Group sorts them by name.
type record struct {
	parquet.Group
	order []string
}

// Fields returns the columns in order.
func (r record) Fields() []parquet.Field {
	out := make([]parquet.Field, len(r.order))
	for i, name := range r.order {
		out[i] = field{r.Group[name], name}
	}
	return out
}

// field is one column of a record.
type field struct {
	parquet.Node
	name string
}

// Name returns the column's name.
func (f field) Name() string { return f.name }

// Value is not used: rows are written as values, not read from Go structures.
func (f field) Value(base reflect.Value) reflect.Value { return base.MapIndex(reflect.ValueOf(f.name)) }
