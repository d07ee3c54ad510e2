package vae

import (
	"errors"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// lossy is a device whose memory cannot be written after a number of writes.
type lossy struct {
	graph.Device
	writes, frees int
	err           error
}

func (d *lossy) Write(b graph.Buffer, at int, raw []byte) error {
	if d.writes--; d.writes < 0 {
		return d.err
	}
	return d.Device.Write(b, at, raw)
}

func (d *lossy) Free(b graph.Buffer) error {
	d.frees++
	return d.Device.Free(b)
}

// TestLoadOnALossyDevice says which parameter could not be written, and gives back what it took.
func TestLoadOnALossyDevice(t *testing.T) {
	m := mustNew(t, Config{Item: []int{4}, Latent: 2})
	d := &lossy{Device: ref.Open(), writes: 3, err: errors.New("memory lost")}
	_, err := m.Load(d, anyParams(m, 1))
	if !errors.Is(err, d.err) || !strings.Contains(err.Error(), "load parameter") || d.frees != 4 {
		t.Errorf("%v, %d buffers freed", err, d.frees)
	}
}
