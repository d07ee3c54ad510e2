package nn

import "elbo/graph"

// BatchNorm normalises each channel (last axis) by mean and variance over the batch and all
// other axes, then scales and shifts (Ioffe & Szegedy 2015). With n values per channel:
//
//	training    y = scale (x − m)/√(v + ε) + shift    m, v of the batch, v biased (1/n)
//	            mean ← (1−a) mean + a m,   var ← (1−a) var + a v n/(n−1)
//	evaluation  y = scale (x − mean)/√(var + ε) + shift
//
// So the momentum a is the weight of the new batch, and the running variance averages unbiased
// ones. The updates are put into Context.Assigns; a run reads the values before its update. A
// layer applied more than once updates with its first batch alone.
type BatchNorm struct {
	Momentum float64 // a in (0, 1]; 0 means 0.1
	Epsilon  float64 // ε; 0 means 1e-5
	Plain    bool    // no scale and shift
}

// Out returns in.
func (l BatchNorm) Out(in []int) ([]int, error) {
	switch {
	case len(in) == 0:
		return nil, shapeError("batch_norm", in, "a channel axis is wanted")
	case !(l.Momentum >= 0 && l.Momentum <= 1):
		return nil, shapeError("batch_norm", in, "momentum is %g, must be in (0, 1]", l.Momentum)
	case !(l.Epsilon >= 0):
		return nil, shapeError("batch_norm", in, "epsilon is %g, must not be negative", l.Epsilon)
	}
	return in, nil
}

// Apply declares name/scale (ones), name/shift (zeros) and the states name/mean (zeros) and
// name/var (ones).
func (l BatchNorm) Apply(c *Context, name string, x *graph.Node) *graph.Node {
	_, in, _ := enter(l, name, x)
	k := in[len(in)-1]
	mean, variance := c.State(name+"/mean", 0, k), c.State(name+"/var", 1, k)
	if c.Train {
		m, v := l.moments(x)
		if c.use(name) == 0 {
			l.follow(c, mean, m, 1)
			n := float64(graph.ShapeOf(x).Size() / k)
			l.follow(c, variance, v, n/(n-1))
		}
		mean, variance = m, v
	}
	y := graph.Mul(graph.Sub(x, mean), inverseRoot(variance, l.Epsilon))
	if l.Plain {
		return y
	}
	return c.scaleShift(name, y, k)
}

// moments returns mean and biased variance over all axes but the last.
func (l BatchNorm) moments(x *graph.Node) (m, v *graph.Node) {
	s := graph.ShapeOf(x)
	axes := make([]int, len(s)-1)
	for i := range axes {
		axes[i] = i
	}
	if s.Size() == s[len(s)-1] {
		graph.Fail("nn.BatchNorm", []*graph.Node{x}, "one value per channel has no variance to train with; enlarge the batch")
	}
	m = graph.Mean(x, axes...)
	return m, graph.Mean(graph.Square(graph.Sub(x, m)), axes...)
}

// follow assigns (1−a) state + a factor batch to the state.
func (l BatchNorm) follow(c *Context, state, batch *graph.Node, factor float64) {
	a := l.Momentum
	if a == 0 {
		a = 0.1
	}
	to := graph.Add(graph.MulC(state, 1-a), graph.MulC(graph.StopGrad(batch), a*factor))
	c.Assigns = append(c.Assigns, graph.Assign{State: state, Value: to})
}
