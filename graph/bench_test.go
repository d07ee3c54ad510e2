//go:build cgo

package graph

import (
	"testing"

	"elbo/kernels/cpu"
)

// BenchmarkLogisticStep times the mean-field step of 512 × 100 in float32: with a fixed batch
// and with rows gathered from 100,000.
func BenchmarkLogisticStep(b *testing.B) {
	for name, rows := range map[string]int{"fixed": 0, "gather": 100_000} {
		b.Run(name, func(b *testing.B) {
			g, s := logistic(b, 512, 100, rows)
			p, err := Compile(g, s)
			if err != nil {
				b.Fatal(err)
			}
			dev, err := cpu.Open(cpu.Options{Threads: 1})
			if err != nil {
				b.Fatal(err)
			}
			defer dev.Close()
			in, err := p.Load(dev)
			if err != nil {
				b.Fatal(err)
			}
			defer in.Close()
			b.ReportAllocs()
			step := uint64(0)
			for b.Loop() {
				if err := in.Run(step, 1); err != nil {
					b.Fatal(err)
				}
				step++
			}
			if err := in.Sync(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkCompileLogistic times lowering, AD, fusion and planning of the same step.
func BenchmarkCompileLogistic(b *testing.B) {
	g, s := logistic(b, 512, 100, 0)
	for b.Loop() {
		if _, err := Compile(g, s); err != nil {
			b.Fatal(err)
		}
	}
}
