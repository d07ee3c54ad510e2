// Package driver is the program's way to an NVIDIA GPU, and the one package that imports
// gorgonia.org/cu and package load. It is built under the tag elbo_cuda alone (see package load).
//
// Devices lists the GPUs, with the reason where there are none. Open gives a Context: one worker
// goroutine locked to its thread, on which the device's primary context is current. CUDA ties a
// context to a thread, so everything that touches the device runs inside Do:
//
//	err := ctx.Do(func() error {
//		x, err := ctx.MemAlloc(n)
//		...
//		return ctx.CopyHtoD(x, bytes)
//	})
//
// A call made elsewhere fails with Code WrongThread and does nothing. Compile and Arch alone need no
// context. Send whole runs to Do rather than single calls: a round trip costs microseconds, more on a busy machine.
//
// Where gorgonia.org/cu has a call, it is used: devices, primary context, memory, copies, memset,
// streams, events, occupancy, NVRTC and GEMM. Calls of our own are made for what cu lacks: launches
// whose arguments may be larger than 8 bytes, pinned memory, capture and replay of graphs, JIT logs,
// CUBIN images, strided batched and mixed-type GEMM, cuBLAS streams, math modes and workspaces.
//
// Streams do not wait for the synchronous calls, nor those for streams (every Stream is created
// non-blocking). CopyHtoD, CopyDtoD and Memset8 have finished on the device when they return, which
// the driver's own synchronous calls do not promise; order them against streams with Stream.Sync or
// events. The Async forms only order within their stream, and copy from and to pinned memory alone,
// which must live until the stream has passed them. A captured stream refuses the synchronous calls.
//
// A Context keeps count of what it owns (Owned); Close frees what is left and releases the device.
// No finalizer frees anything: finalizers run on the wrong thread.
//
// Every failure is an *Error naming the call, the library's code and its meaning. errors.Is knows
// kernels.ErrOutOfMemory, kernels.ErrDeviceLost and kernels.ErrUnavailable.
package driver
