// Package feed brings data to the programs that train on it.
//
// A Feeder fills batches on a goroutine of its own, a few steps ahead of the program: each in a Slot, the device
// memory of one batch. Memory is bounded by the number of slots, a step allocates nothing, and a batch that cannot be
// made is an error at its step.
//
// Data may instead stay on the device: Place decides, before a run, from an estimate of its memory. Then Draw and
// Chunk pick a step's rows inside the program, in the order data.Loader has for the same seed, and many steps run per
// call. Batches are the same either way, so that a run may change from one to the other when it is resumed.
package feed
