// Package data turns files into tables of fixed-width records and tables into reproducible minibatches.
//
// # What
//
// [Open] reads CSV and TSV (plain, gzip, standard input as "-"), LIBSVM text (plain, gzip) and the package's own
// cache, and says in a [Report] what it inferred. Every format ends in the same shape, a [Table]: N records of
// Schema.RecordBytes bytes, row-major, because a minibatch is a set of whole rows picked at random and one record
// costs one or two cache misses where column storage would cost one a column.
//
// # Records
//
// A record holds one float64 for every numeric column and one int32 for every factor column, little-endian, at
// Column.Offset; numbers come first so that they stay 8-byte aligned. Read them with [Float] and [Code]:
//
//	c, _, ok := t.Schema().Lookup("distance")
//	recs, err := t.Records(0, 1024, buf)
//	x := data.Float(recs[7*t.Schema().RecordBytes:], c) // row 7; NaN is missing
//
// A factor code indexes Column.Levels, which are sorted bytewise; -1 is missing, and codes from -2 down are labels
// outside levels frozen by Options.Levels.
//
// # Types
//
// A column whose every value reads as a decimal number is numeric, any other is a factor. The decision holds for
// the whole file: when text turns up late, the file is read again, so that "01" and "1" stay different levels.
// Infinite values are kept and counted per column; whoever uses the column decides.
//
// # Batches
//
// [Loader] maps (seed, step) to row numbers by a keyed permutation, so a resumed run needs no shuffle state, and
// every row is seen exactly once an epoch. [Prefetcher] fills batches in background goroutines and delivers them in
// step order.
//
// # Cache
//
// [Convert] writes the cache in bounded memory and replaces the target atomically. Each block of records carries a
// CRC-32C that is checked when the block is first touched; header, schema and checksum table are checked by Open.
// A mapped cache must not be truncated while it is open; Convert never does that, it renames a new file into place.
//
// # Errors
//
// A fault in a file is an *[Error] with file, line, column and a hint; errors.Is tells the classes of errors.go apart.
package data
