package ref

import (
	"fmt"
	"runtime"
	"unsafe"

	"elbo/kernels"
)

// largest is the most bytes Alloc tries: a larger request is refused, since the Go runtime
// ends the process when the system has no memory for it.
const largest = 1 << 40

// Open returns the reference device. It always succeeds.
func Open() kernels.Device { return &device{buffers: map[*buffer]bool{}} }

type device struct {
	buffers map[*buffer]bool
	err     error // first error since the last Sync
	closed  bool
}

type buffer struct {
	size int
	mem  []byte // nil once freed
}

func (b *buffer) Size() int    { return b.size }
func (b *buffer) Host() []byte { return b.mem[:b.size:b.size] }

// alignedBytes returns n zeroed bytes that start at a multiple of 64 and may be read up to the next one.
func alignedBytes(n int) []byte {
	padded := (n + 63) &^ 63
	raw := make([]byte, padded+64)
	skip := -int(uintptr(unsafe.Pointer(&raw[0]))) & 63
	return raw[skip : skip+n : skip+padded]
}

func (d *device) Report() kernels.Report {
	return kernels.Report{Name: "ref", Model: runtime.GOARCH, ISA: "go", Threads: 1}
}

func (d *device) Alloc(bytes int) (kernels.Buffer, error) {
	switch {
	case d.closed:
		return nil, fmt.Errorf("ref: alloc: device: %w", kernels.ErrClosed)
	case bytes < 0:
		return nil, fmt.Errorf("ref: alloc of %d bytes", bytes)
	case bytes > largest:
		return nil, fmt.Errorf("ref: alloc of %d bytes: %w; use smaller batches", bytes, kernels.ErrOutOfMemory)
	}
	b := &buffer{size: bytes, mem: alignedBytes(bytes)}
	d.buffers[b] = true
	return b, nil
}

// own returns b as a live buffer of this device.
func (d *device) own(b kernels.Buffer, what string) (*buffer, error) {
	if d.closed {
		return nil, fmt.Errorf("ref: %s: device: %w", what, kernels.ErrClosed)
	}
	buf, ok := b.(*buffer)
	switch {
	case !ok || buf == nil:
		return nil, fmt.Errorf("ref: %s: buffer %T is of another device", what, b)
	case buf.mem == nil:
		return nil, fmt.Errorf("ref: %s: buffer: %w", what, kernels.ErrClosed)
	case !d.buffers[buf]:
		return nil, fmt.Errorf("ref: %s: buffer is of another ref device", what)
	}
	return buf, nil
}

func (d *device) Free(b kernels.Buffer) error {
	buf, err := d.own(b, "free")
	if err != nil {
		return err
	}
	delete(d.buffers, buf)
	buf.mem = nil
	return nil
}

// window returns the n bytes of b at offset.
func (d *device) window(b kernels.Buffer, offset, n int, what string) ([]byte, error) {
	buf, err := d.own(b, what)
	if err != nil {
		return nil, err
	}
	if offset < 0 || offset > buf.size-n {
		return nil, fmt.Errorf("ref: %s of %d bytes at %d of a buffer of %d", what, n, offset, buf.size)
	}
	return buf.mem[offset : offset+n], nil
}

func (d *device) Write(b kernels.Buffer, offset int, src []byte) error {
	w, err := d.window(b, offset, len(src), "write")
	copy(w, src)
	return err
}

func (d *device) Read(b kernels.Buffer, offset int, dst []byte) error {
	w, err := d.window(b, offset, len(dst), "read")
	copy(dst, w)
	return err
}

func (d *device) Compile(p *kernels.Program) (kernels.Executable, error) {
	if d.closed {
		return nil, fmt.Errorf("ref: compile %q: device: %w", p.Name, kernels.ErrClosed)
	}
	if err := p.Check(); err != nil {
		return nil, fmt.Errorf("ref: compile: %w", err)
	}
	return newExecutable(d, p)
}

func (d *device) Sync() error {
	if d.closed {
		return fmt.Errorf("ref: sync: device: %w", kernels.ErrClosed)
	}
	err := d.err
	d.err = nil
	return err
}

// Close frees all buffers; executables of the device stop working. Closing twice is an error.
func (d *device) Close() error {
	if d.closed {
		return fmt.Errorf("ref: close: device: %w", kernels.ErrClosed)
	}
	d.closed = true
	for b := range d.buffers {
		b.mem = nil
	}
	d.buffers = nil
	return nil
}
