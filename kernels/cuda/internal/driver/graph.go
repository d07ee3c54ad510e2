//go:build elbo_cuda && linux

package driver

// #include <cuda.h>
import "C"

import "gorgonia.org/cu"

// A Graph is work recorded from a stream.
type Graph struct {
	context *Context
	graph   cu.Graph
}

// BeginCapture starts recording: until EndCapture, work put into the stream is not done but kept.
// Work of other streams is recorded too where events tie it to this one. Calls that wait for the
// device, allocate or free make the capture fail.
func (s *Stream) BeginCapture() error {
	if !s.context.here() {
		return wrongThread("cuStreamBeginCapture")
	}
	code := C.cuStreamBeginCapture_v2(streamHandle(s.stream), C.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL)
	return status(code, "cuStreamBeginCapture")
}

// EndCapture stops recording. It must be called after every BeginCapture that succeeded, also where
// recording failed: it then returns why.
func (s *Stream) EndCapture() (*Graph, error) {
	if !s.context.here() {
		return nil, wrongThread("cuStreamEndCapture")
	}
	var handle C.CUgraph
	if err := status(C.cuStreamEndCapture(streamHandle(s.stream), &handle), "cuStreamEndCapture"); err != nil {
		return nil, err
	}
	g := &Graph{s.context, graphOf(handle)}
	g.context.own(g, func() error { return wrap(g.graph.Destroy(), "cuGraphDestroy") })
	return g, nil
}

// Capturing tells whether the stream is recording.
func (s *Stream) Capturing() (bool, error) {
	if !s.context.here() {
		return false, wrongThread("cuStreamIsCapturing")
	}
	var state C.CUstreamCaptureStatus
	err := status(C.cuStreamIsCapturing(streamHandle(s.stream), &state), "cuStreamIsCapturing")
	return state != C.CU_STREAM_CAPTURE_STATUS_NONE, err
}

// Destroy gives the graph back; what was instantiated from it lives on.
func (g *Graph) Destroy() error { return g.context.free(g, "cuGraphDestroy") }

// Nodes is how many pieces of work the graph holds.
func (g *Graph) Nodes() (int, error) {
	if !g.context.here() {
		return 0, wrongThread("cuGraphGetNodes")
	}
	var n C.size_t
	err := status(C.cuGraphGetNodes(graphHandle(g.graph), nil, &n), "cuGraphGetNodes")
	return int(n), err
}

// A GraphExec is a graph made ready to run.
type GraphExec struct {
	context *Context
	exec    cu.ExecGraph
}

// Instantiate makes the graph ready to run.
func (g *Graph) Instantiate() (*GraphExec, error) {
	if !g.context.here() {
		return nil, wrongThread("cuGraphInstantiateWithFlags")
	}
	var handle C.CUgraphExec
	code := C.cuGraphInstantiateWithFlags(&handle, graphHandle(g.graph), 0)
	if err := status(code, "cuGraphInstantiateWithFlags"); err != nil {
		return nil, err
	}
	x := &GraphExec{g.context, execOf(handle)}
	x.context.own(x, func() error { return wrap(x.exec.Destroy(), "cuGraphExecDestroy") })
	return x, nil
}

// Upload sends what the graph needs to the device, so that the first Launch costs no more than others.
func (x *GraphExec) Upload(s *Stream) error {
	if !x.context.here() {
		return wrongThread("cuGraphUpload")
	}
	return status(C.cuGraphUpload(execHandle(x.exec), streamHandle(s.stream)), "cuGraphUpload")
}

// Launch puts the whole graph into the stream. Launches of one GraphExec follow each other.
func (x *GraphExec) Launch(s *Stream) error {
	if !x.context.here() {
		return wrongThread("cuGraphLaunch")
	}
	return status(C.cuGraphLaunch(execHandle(x.exec), streamHandle(s.stream)), "cuGraphLaunch")
}

// Destroy gives the graph back once its last launch is done.
func (x *GraphExec) Destroy() error { return x.context.free(x, "cuGraphExecDestroy") }
