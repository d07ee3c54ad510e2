package kernels

// Report describes a device for logs, doctor and summary.json.
type Report struct {
	Name    string            // "cpu", "ref", "cuda:0"
	Model   string            // processor or card model
	ISA     string            // instruction set level in use, e.g. "avx512"
	Threads int               // worker threads used
	Memory  int64             // bytes of device memory, 0 when unknown
	Free    int64             // bytes of it that are not in use now, 0 when unknown
	Beside  int64             // bytes of Free that a training takes beside its slots and Program.Scratch, at most
	Extra   map[string]string // anything else worth printing
}

// Buffer is device memory. Buffers are created and freed by the device that made them.
type Buffer interface {
	// Size returns the bytes asked for.
	Size() int
	// Host returns the buffer's memory where the host can address it (CPU devices), else nil.
	// Writing through it needs no Write call; it must not happen while a run that reads the buffer is in flight.
	Host() []byte
}

// Device runs compiled programs. Methods are safe for use by one goroutine at a time; Write may run
// beside the others, as a feeder's does beside the steps of the batches it wrote before.
type Device interface {
	Report() Report
	// Alloc returns zeroed memory of the given bytes, aligned to 64 bytes and readable (on
	// CPU devices) up to the next multiple of 64 bytes.
	Alloc(bytes int) (Buffer, error)
	// Free gives a buffer back after the runs that use it. Once a device is lost (ErrDeviceLost) nothing is
	// left to give back: Free and Close, of an executable too, succeed.
	Free(Buffer) error
	// Write copies host bytes (little-endian elements) to the buffer at offset, after the runs issued before that use
	// it. It returns when src may be changed again.
	Write(b Buffer, offset int, src []byte) error
	// Read copies the buffer at offset to dst after all runs issued before it.
	Read(b Buffer, offset int, dst []byte) error
	// Compile prepares a program; the program must not change afterwards.
	Compile(p *Program) (Executable, error)
	// Sync waits for all runs and returns the first error since the last Sync.
	Sync() error
	Close() error
}

// Executable is a program ready to run. It owns its scratch memory; slots are bound to
// buffers of the same device.
type Executable interface {
	// Bind sets the buffer of slot i (index in Program.Slots), at least the slot's bytes.
	Bind(slot int, b Buffer) error
	// Run executes steps step, step+1, ..., step+k-1 with the bound slots. It may return
	// before they are done; Sync and Read wait. k > 1 suits programs whose batch comes from
	// resident data.
	Run(step uint64, k int) error
	// Close frees what the executable owns, not the bound buffers.
	Close() error
}
