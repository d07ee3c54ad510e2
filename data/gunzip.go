package data

import (
	"compress/gzip"
	"io"
	"sync"
)

// gunzip decompresses in its own goroutine, a few blocks ahead of the parser, so that on two cores a compressed
// file costs hardly more than a plain one.
type gunzip struct {
	full  chan gunzipBlock // filled blocks, in order
	empty chan []byte      // blocks to fill
	quit  chan struct{}
	done  sync.WaitGroup
	now   gunzipBlock
	rest  []byte // unread part of now
}

type gunzipBlock struct {
	data []byte
	err  error
}

const (
	gunzipBlockBytes = 128 << 10
	gunzipBlocks     = 4
)

func newGunzip(r io.Reader) (*gunzip, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	g := &gunzip{
		full:  make(chan gunzipBlock, gunzipBlocks),
		empty: make(chan []byte, gunzipBlocks),
		quit:  make(chan struct{}),
	}
	for range gunzipBlocks {
		g.empty <- make([]byte, gunzipBlockBytes)
	}
	g.done.Add(1)
	go g.fill(z)
	return g, nil
}

func (g *gunzip) fill(z *gzip.Reader) {
	defer g.done.Done()
	defer close(g.full)
	for {
		var buf []byte
		select {
		case buf = <-g.empty:
		case <-g.quit:
			return
		}
		n, err := readFull(z, buf)
		g.full <- gunzipBlock{data: buf[:n], err: err} // never blocks: as many places as blocks
		if err != nil {
			return
		}
	}
}

// readFull fills buf and reports the reader's own error, io.EOF at a clean end even when buf is partly filled.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// Read hands out the decompressed bytes; errors come after the bytes that precede them.
func (g *gunzip) Read(p []byte) (int, error) {
	for len(g.rest) == 0 {
		if g.now.err != nil {
			return 0, g.now.err
		}
		if g.now.data != nil {
			g.empty <- g.now.data[:cap(g.now.data)]
		}
		block, ok := <-g.full
		if !ok {
			return 0, io.ErrClosedPipe
		}
		g.now, g.rest = block, block.data
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// Close stops the goroutine and waits for it.
func (g *gunzip) Close() error {
	close(g.quit)
	g.done.Wait()
	return nil
}
