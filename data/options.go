package data

import (
	"fmt"
	"maps"
	"slices"
)

// Options steers Open and Convert. The zero value reads every column and infers everything.
type Options struct {
	// Format forces "csv", "libsvm" or "cache"; empty means by content and file name.
	Format string
	// Columns are kept, all others are skipped unread; nil keeps all. A column that is absent is an error.
	Columns []string
	// Optional columns are kept when present (with Columns; a response at predict time).
	Optional []string
	// NA lists the texts that mean missing; nil means "", NA, NaN, nan, null and N/A. It replaces the default.
	NA []string
	// Kinds forces columns to be numeric or factors. A forced numeric column refuses text.
	Kinds map[string]Kind
	// Levels freezes the labels of factor columns, in this order; other labels get codes from -2 down (Column.Unseen).
	Levels map[string][]string
	// Delimiter separates CSV fields; 0 means tab for .tsv, else the likeliest of comma, semicolon, tab and bar
	// in the header line.
	Delimiter byte
	// MaxLevels bounds the distinct labels of a factor; 0 means 16,777,216.
	MaxLevels int
	// MaxBytes bounds an in-memory table; 0 means 16 GiB. Larger inputs go through Convert.
	MaxBytes int64
	// NumFeatures is the number of LIBSVM features; 0 means the largest index in the file.
	NumFeatures int
	// NoMmap reads a cache with positioned reads in place of a mapping.
	NoMmap bool
}

var defaultNA = []string{"", "NA", "NaN", "nan", "null", "N/A"}

const (
	defaultMaxLevels = 1 << 24
	defaultMaxBytes  = 16 << 30
)

// withDefaults fills in what zero values mean and refuses contradictions.
func (o Options) withDefaults() (Options, error) {
	if o.NA == nil {
		o.NA = defaultNA
	}
	if o.MaxLevels == 0 {
		o.MaxLevels = defaultMaxLevels
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaultMaxBytes
	}
	if o.MaxLevels < 0 || o.MaxBytes < 0 || o.NumFeatures < 0 {
		return o, fmt.Errorf("data: options: negative limit (MaxLevels %d, MaxBytes %d, NumFeatures %d): %w",
			o.MaxLevels, o.MaxBytes, o.NumFeatures, ErrOption)
	}
	switch o.Delimiter {
	case '"', '\n', '\r', '.', '-', '+':
		return o, fmt.Errorf("data: options: delimiter %q cannot separate fields: %w", o.Delimiter, ErrOption)
	}
	if d := o.Delimiter; d >= '0' && d <= '9' || d >= 0x80 {
		return o, fmt.Errorf("data: options: delimiter %q cannot separate fields: %w", d, ErrOption)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Levels)) {
		if k, forced := o.Kinds[name]; forced && k != KindFactor {
			return o, fmt.Errorf("data: options: column %q has frozen levels and is forced to %v: %w", name, k, ErrOption)
		}
	}
	return o, nil
}

// wants says whether the options keep a column of this name.
func (o *Options) wants(name string) bool {
	return o.Columns == nil || slices.Contains(o.Columns, name) || slices.Contains(o.Optional, name)
}

// checkPresent returns an error for the first column that the options require and the file lacks.
func (o *Options) checkPresent(file string, names []string) error {
	for _, name := range o.Columns {
		if !slices.Contains(names, name) {
			return missingColumn(file, name, names)
		}
	}
	return nil
}
