package graph

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// program is a random training program with the values of its inputs.
type program struct {
	g    *Graph
	spec Spec
	data map[string][]float64
}

// pool holds the values a random program can use next.
type pool struct {
	r     *rand.Rand
	nodes []*Node
	stop  bool // stop-gradients may appear
}

func (p *pool) any() *Node { return p.nodes[p.r.IntN(len(p.nodes))] }

func (p *pool) float() float64 { return math.Round((p.r.Float64()*4-2)*8) / 8 }

// with returns a value whose shape passes, or nil after some tries.
func (p *pool) with(ok func(s kernels.Shape) bool) *Node {
	for range 20 {
		if n := p.any(); ok(ShapeOf(n)) {
			return n
		}
	}
	return nil
}

var smoothUnary = []func(*Node) *Node{
	Tanh, Sigmoid, Softplus, Sin, Cos, Atan, LogSigmoid, NormCDF, Neg,
	func(x *Node) *Node { return Exp(Clamp(x, -3, 3)) },
	func(x *Node) *Node { return Log(AddC(Square(x), 0.5)) },
	func(x *Node) *Node { return Square(Tanh(x)) },
	func(x *Node) *Node { return Mul(x, x) },
	func(x *Node) *Node { return Recip(AddC(Square(x), 1)) },
	func(x *Node) *Node { return MulC(AddC(MulC(x, 2), 1), -0.25) },
	func(x *Node) *Node { return Sub(GraphOf(x).Const(1), x) },
}

// grow adds one random op.
func (p *pool) grow() *Node {
	x := p.any()
	s := ShapeOf(x)
	rank := len(s)
	switch k := p.r.IntN(16); {
	case k == 0 && p.stop:
		return StopGrad(x)
	case k < 4:
		return smoothUnary[p.r.IntN(len(smoothUnary))](x)
	case k < 9:
		y := p.with(func(t kernels.Shape) bool { _, err := kernels.Broadcast(s, t); return err == nil })
		if y == nil {
			return nil
		}
		switch p.r.IntN(6) {
		case 0:
			return Sub(x, y)
		case 1:
			return Div(x, AddC(Square(y), 1))
		case 2:
			return FMA(x, y, p.any0(s))
		case 3:
			return Add(MulC(x, p.float()), y)
		case 4:
			return Where(Gt(x, GraphOf(x).Const(0.1)), Tanh(x), y)
		}
		return Mul(x, Tanh(y))
	case k == 9 && rank > 0:
		return Sum(MulC(x, 0.25), p.r.IntN(rank))
	case k == 10 && rank > 0:
		return Sub(x, ExpandDims(LogSumExp(x, rank-1), -1))
	case k == 11 && rank == 2:
		return Transpose(x)
	case k == 12 && rank > 0:
		n := s[rank-1]
		start := p.r.IntN(n)
		return Slice(x, rank-1, start, start+1+p.r.IntN(n-start))
	case k == 13 && rank > 0:
		y := p.with(func(t kernels.Shape) bool { return t.Equal(s) })
		if y == nil {
			return nil
		}
		return Concat(rank-1, x, y)
	case k == 14 && rank == 2:
		y := p.with(func(t kernels.Shape) bool { return len(t) > 0 && len(t) < 3 && t[0] == s[1] })
		if y == nil {
			return nil
		}
		return MulC(MatMul(x, y), 0.5)
	case k == 15:
		if p.r.IntN(2) == 0 || rank == 0 {
			return Reshape(x, s.Size())
		}
		return SumKeep(x, p.r.IntN(rank))
	}
	return nil
}

// any0 returns a value that broadcasts to s, or zero.
func (p *pool) any0(s kernels.Shape) *Node {
	fits := func(t kernels.Shape) bool { u, err := kernels.Broadcast(s, t); return err == nil && u.Equal(s) }
	if y := p.with(fits); y != nil {
		return y
	}
	return GraphOf(p.nodes[0]).Const(0)
}

// randomProgram makes a program of about n ops with momentum descent as its update.
func randomProgram(t *testing.T, dt kernels.DType, seed uint64, n int, stop bool) *program {
	t.Helper()
	pr := &program{data: map[string][]float64{}}
	r := rand.New(rand.NewPCG(seed, 7))
	b, d := 1+r.IntN(4), 1+r.IntN(5)
	fill := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Round(r.NormFloat64()*16) / 16
		}
		return x
	}
	g, err := Build(dt, func(g *Graph) {
		p := &pool{r: r, stop: stop}
		for i, s := range []kernels.Shape{{}, {d}, {b, d}, {d, d}, {b, 1}, {2, b, d}} {
			p.nodes = append(p.nodes, g.Param(fmt.Sprintf("p%d", i), fill(s.Size()), s...))
		}
		for i, s := range []kernels.Shape{{b, d}, {b}} {
			name := fmt.Sprintf("x%d", i)
			pr.data[name] = fill(s.Size())
			p.nodes = append(p.nodes, g.Data(name, s...))
		}
		p.nodes = append(p.nodes, g.Normal01("eps", d), g.State("acc", fill(d), d))
		loss := g.Const(0)
		for i := range n {
			y := p.grow()
			if y == nil || ShapeOf(y).Size() > 400 {
				continue
			}
			y = MulC(Tanh(y), 2)
			p.nodes = append(p.nodes, y)
			if r.IntN(4) == 0 || i == n-1 {
				loss = Add(loss, Mean(y))
				if r.IntN(3) == 0 {
					pr.spec.Outputs = append(pr.spec.Outputs, Output{fmt.Sprintf("y%d", i), y})
				}
			}
		}
		acc := g.Lookup("acc")
		pr.spec.Assign = []Assign{{acc, Add(acc, MulC(Tanh(p.any0(ShapeOf(acc))), 0.125))}}
		pr.spec.Loss = loss
		pr.spec.Outputs = append(pr.spec.Outputs, Output{"loss", loss}, Output{"oldacc", acc})
	})
	if err != nil {
		t.Fatal(err)
	}
	pr.g, pr.spec.Seed, pr.spec.GradOutputs = g, seed, true
	pr.spec.Name = fmt.Sprintf("random%d", seed)
	pr.spec.Update = momentum
	return pr
}

// momentum is gradient descent with a momentum state and a rate read from the host.
func momentum(c *Code, ps []ParamGrad) {
	lr := c.Input("lr")
	for _, p := range ps {
		m := c.NewState("m/"+p.Name, nil, c.Shape(p.Param)...)
		next := c.Add(c.Scale(m, 0.5), p.Grad)
		c.SetState(m, next)
		c.SetState(p.Param, c.Sub(p.Param, c.Mul(lr, next)))
	}
}

// results compiles in the given mode, runs steps on the reference device and returns every slot.
func (pr *program) results(t *testing.T, m mode, raw bool, steps int) map[string][]float64 {
	t.Helper()
	c := newCode(pr.spec.Name, pr.g.dt)
	c.raw = raw
	p, err := compileGraph(pr.g, pr.spec, c, m)
	if err != nil {
		t.Fatal(err)
	}
	return pr.runOn(t, p, ref.Open(), steps)
}

// runOn runs steps of p from its initial state and returns every slot.
func (pr *program) runOn(t *testing.T, p *Program, dev kernels.Device, steps int) map[string][]float64 {
	t.Helper()
	in, err := p.Load(dev)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for name, x := range pr.data {
		if in.Has(name) {
			set(t, in, name, x...)
		}
	}
	if in.Has("lr") {
		set(t, in, "lr", 0.125)
	}
	if err := in.Run(3, steps); err != nil {
		t.Fatal(err)
	}
	if err := in.Sync(); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for _, s := range p.Slots() {
		out[s.Name] = get(t, in, s.Name)
	}
	return out
}

// TestFusedEqualsPlain compares simplified and fused programs with the code as written, run
// one instruction per value, after several updates. float64 rounding differs by reordered
// constants and fused multiply-adds only; the programs amplify it little.
func TestFusedEqualsPlain(t *testing.T) {
	for seed := range uint64(150) {
		pr := randomProgram(t, kernels.F64, seed, 4+int(seed)/3, true)
		want := pr.results(t, plainMode, true, 3)
		got := pr.results(t, fusedMode, false, 3)
		for name, w := range want {
			g, ok := got[name]
			if !ok {
				continue // simplified away
			}
			for i := range w {
				if !(math.Abs(g[i]-w[i]) <= 1e-9*max(1, math.Abs(w[i]))) {
					t.Fatalf("seed %d, %s[%d]: fused %v, plain %v", seed, name, i, g[i], w[i])
				}
			}
		}
	}
}

// TestRandomGradients compares gradients with central differences along one direction.
func TestRandomGradients(t *testing.T) {
	for seed := range uint64(60) {
		pr := randomProgram(t, kernels.F64, 1000+seed, 25, false)
		pr.spec.Update, pr.spec.Assign = nil, nil
		base := pr.results(t, fusedMode, false, 1)
		r := rand.New(rand.NewPCG(seed, 3))
		in := load(t, pr.g, pr.spec, fusedMode, false)
		slope, direction := 0.0, map[string][]float64{}
		for _, s := range in.p.Slots() {
			if g, ok := base["grad/"+s.Name]; ok {
				dir := make([]float64, len(g))
				for i := range dir {
					dir[i] = r.NormFloat64()
					slope += dir[i] * g[i]
				}
				direction[s.Name] = dir
			}
		}
		at := func(h float64) float64 {
			for name, x := range pr.data {
				if in.Has(name) {
					set(t, in, name, x...)
				}
			}
			for name, dir := range direction {
				x := in.p.Init(name)
				for i := range x {
					x[i] += h * dir[i]
				}
				set(t, in, name, x...)
			}
			if err := in.Run(3, 1); err != nil {
				t.Fatal(err)
			}
			return get(t, in, "loss")[0]
		}
		const h = 1e-5 // error h² of the formula and 1e-16/h of the differences balance
		if fd := (at(h) - at(-h)) / (2 * h); !(math.Abs(fd-slope) <= 2e-6*max(1, math.Abs(fd))) {
			t.Errorf("seed %d: slope %v, finite difference %v", seed, slope, fd)
		}
	}
}
