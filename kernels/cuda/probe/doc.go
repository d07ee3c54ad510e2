// Package probe asks a card what no other test does: whether the driver's corners that the CUDA
// device stands on behave as it takes them to (Quirks), and how fast the card's parts are on their
// own (Figures), the floors that measured steps are compared with.
//
// Everything is built under the tag elbo_cuda alone. Quirks compares with results computed by hand on
// the host. Figures reports medians of repeated measurements; times are those of the host's clock
// around synchronised work, since that is what a user waits for.
package probe
