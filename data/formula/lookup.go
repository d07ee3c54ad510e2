package formula

import (
	"fmt"

	"elbo/data"
)

// find looks a column up by name.
func find(s *data.Schema, name string) *data.Column {
	for i := range s.Columns {
		if s.Columns[i].Name == name {
			return &s.Columns[i]
		}
	}
	return nil
}

// numericColumn finds a column that must hold numbers.
func numericColumn(s *data.Schema, name string) (*data.Column, error) {
	c := find(s, name)
	switch {
	case c == nil:
		return nil, absent(s, name)
	case c.Kind != data.KindFloat:
		return nil, fmt.Errorf("formula: column %q holds text (%s) where a number is needed: %w", name,
			clipList(c.Levels, 3), ErrData)
	}
	return c, nil
}

// absent is the error for a column that the table lacks.
func absent(s *data.Schema, name string) error {
	if near := s.Nearest(name); near != "" {
		return fmt.Errorf("formula: no column %q in the data; did you mean %q?: %w", name, near, ErrUnknown)
	}
	return fmt.Errorf("formula: no column %q in the data; columns are %s: %w", name, clipList(s.Names(), 12),
		ErrUnknown)
}
