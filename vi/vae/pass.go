package vae

import (
	"encoding/binary"
	"math"

	"elbo/graph"
)

// pass is a loaded program with its host buffers.
type pass struct {
	m   *Model
	in  *graph.Instance
	raw []byte
}

// setFloats writes a float slot the program has.
func (p *pass) setFloats(name string, v []float32) error {
	if !p.in.Has(name) {
		return nil
	}
	p.raw = appendFloats(p.raw[:0], v, p.m.dtype)
	return p.in.SetBytes(name, p.raw)
}

// setInts writes an integer slot the program has.
func (p *pass) setInts(name string, v []int32) error {
	if !p.in.Has(name) {
		return nil
	}
	p.raw = p.raw[:0]
	for _, x := range v {
		p.raw = binary.LittleEndian.AppendUint32(p.raw, uint32(x))
	}
	return p.in.SetBytes(name, p.raw)
}

// run executes the program once; the passes' noise depends on row numbers, not on steps.
func (p *pass) run() error { return p.in.Run(0, 1) }

// floats reads an output as float32.
func (p *pass) floats(name string) ([]float32, error) {
	v, err := p.in.Get(name)
	if err != nil {
		return nil, err
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(x)
	}
	return out, nil
}

func appendFloats[T float32 | float64](raw []byte, v []T, dt graph.DType) []byte {
	if dt == graph.F64 {
		for _, x := range v {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(float64(x)))
		}
		return raw
	}
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(x)))
	}
	return raw
}

// bytesOf returns v as elements of the model's type.
func (m *Model) bytesOf(v []float64) []byte { return appendFloats(nil, v, m.dtype) }
