// Package driver is the program's way to an NVIDIA GPU, and the one package that imports
// gorgonia.org/cu and package load. It is built under the tag elbo_cuda alone (see package load).
package driver
