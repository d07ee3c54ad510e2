//go:build cgo

package device

import (
	"elbo/kernels"
	"elbo/kernels/cpu"
)

const haveCPU = true

func openCPU(threads int) (kernels.Device, error) { return cpu.Open(cpu.Options{Threads: threads}) }

// Levels returns the instruction set levels this machine has, the lowest first.
func Levels() []string { return cpu.Levels() }

// FMARate returns the floating point operations a second that one thread reaches, for the type.
func FMARate(dt kernels.DType) float64 { return cpu.MeasureFMA(dt) }

// CopyRate returns the bytes a second, read plus written, that one thread moves.
func CopyRate() float64 { return cpu.MeasureCopy() }
