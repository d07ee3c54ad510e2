// Package benches measures the program on this machine: training steps, passes, matrix
// products and reading, each beside the floor that the work implies.
//
// The floor of a program is the larger of its flops over the measured rate of fused
// multiply-adds and its compulsory bytes over the measured rate of copying, both times the
// threads used. Rates and times are medians of repeated runs in one process; ratio is time
// over floor. Data a step finds in cache can beat the floor of its bytes; that floor is for
// memory, so steps whose slots fit a core's caches are judged by flops alone.
package benches
