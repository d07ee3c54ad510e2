//go:build elbo_cuda && linux

package driver

import (
	"errors"
	"testing"
)

// BenchmarkDo is a round trip to the worker.
func BenchmarkDo(b *testing.B) {
	c := benchContext(b)
	for b.Loop() {
		if err := c.Do(func() error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLaunch is one launch of a kernel that does nothing, waited for once in a thousand.
func BenchmarkLaunch(b *testing.B) {
	benchLaunches(b, 1000, func(s *Stream, f *Function) func() error {
		var args Args
		return func() error { return s.Launch(f, Shape{}, args.Reset().Ptr(0).F32(0).I32(0)) }
	})
}

// BenchmarkGraph1000 is one replay of a graph of a thousand such launches.
func BenchmarkGraph1000(b *testing.B) {
	benchLaunches(b, 1, func(s *Stream, f *Function) func() error {
		g := must(captured(s, func() (err error) {
			for range 1000 {
				err = errors.Join(err, s.Launch(f, Shape{}, new(Args).Ptr(0).F32(0).I32(0)))
			}
			return err
		}))
		x := must(g.Instantiate())
		return func() error { return x.Launch(s) }
	})
}

// benchLaunches times what launch makes, waiting for the stream after every so many.
func benchLaunches(b *testing.B, every int, launch func(*Stream, *Function) func() error) {
	c := benchContext(b)
	err := c.Do(func() error {
		s, f := must(c.NewStream()), must(must(c.LoadModule(compiled(addSource))).Function("add"))
		one := launch(s, f)
		i := 0
		for b.Loop() {
			if err := one(); err != nil {
				return err
			}
			if i++; i%every == 0 {
				if err := s.Sync(); err != nil {
					return err
				}
			}
		}
		return s.Sync()
	})
	if err != nil {
		b.Fatal(err)
	}
}

// benchContext opens device 0 for a benchmark.
func benchContext(b *testing.B) *Context {
	c := must(Open(0))
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return c
}
