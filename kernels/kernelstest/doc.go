// Package kernelstest is the conformance suite of devices: every device passes Run.
//
// Run walks the op table and compares a device with Eval, an evaluator that is slow and plain
// on purpose: it gives every value its own slice, follows the words of the contract index by
// index, and shares no code with any device. A row added to the op table is tested by itself
// when it is elementwise; a structural op without a case makes the suite fail.
//
// A result passes when |got-want| ≤ tolerance · scale, where the tolerance is the op's in the
// table (zero means equal) and the scale is max(1, |want|); sums and products of many terms
// use the sum of the terms' magnitudes instead, the usual bound of backward error analysis.
// NaN matches only NaN and an infinity only itself.
//
// Device tests beyond the suite may use Builder (small programs by hand, scratch memory
// planned with reuse), Exec (run a program once), Eval (what it should give) and Programs
// (generated programs with data, for bit comparisons between builds of one device).
package kernelstest
