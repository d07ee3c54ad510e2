// Package arrows holds no code: its test enforces which packages of this module may import
// which, so that devices, graphs, inference and data stay separable.
package arrows
