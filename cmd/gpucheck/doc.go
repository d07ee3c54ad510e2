//go:build elbo_cuda && linux

// Command gpucheck proves elbo on a card in one call, on a machine that has no Go, no network and no
// repository. It lies in a folder beside the files that `make gpu-check` puts there:
//
//	gpucheck      this program: quirks of the driver, figures of the card, the report
//	elbo          the program itself, which trains on CPU and card
//	conformance   the test binary of package kernels/cuda
//	data/         generated data
//
// It runs the conformance suite on the card and reports the error of each op. It trains regressions, an
// autoencoder and a model of package svi on the CPU, on the card and half on each, and compares bounds,
// parameters and predictions; it interrupts a training. It prints a page of Markdown. Anything that
// fails, and any test that is left out, makes the exit code 1; a machine without a card, 69.
package main
