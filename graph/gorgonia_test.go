package graph

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// foreignCase builds one plain Gorgonia expression over inputs of the given shapes.
type foreignCase struct {
	name   string
	shapes []tensor.Shape
	expr   func(in []*Node) (*Node, error)
}

// foreignCases has at least one node of every op in foreignOps: the golden list that fails
// when a new version of Gorgonia changes a name, a field or a meaning.
func foreignCases() []foreignCase {
	var out []foreignCase
	add := func(name string, shapes []tensor.Shape, expr func(in []*Node) (*Node, error)) {
		out = append(out, foreignCase{name, shapes, expr})
	}
	m, v := tensor.Shape{2, 3}, tensor.Shape{3}
	unary := func(name string, f func(*Node) (*Node, error)) {
		add(name, []tensor.Shape{m}, func(in []*Node) (*Node, error) { return f(in[0]) })
		add(name+" scalar", []tensor.Shape{{}}, func(in []*Node) (*Node, error) { return f(in[0]) })
	}
	for name, f := range map[string]func(*Node) (*Node, error){
		"abs": gorgonia.Abs, "sign": gorgonia.Sign, "ceil": gorgonia.Ceil, "floor": gorgonia.Floor,
		"sin": gorgonia.Sin, "cos": gorgonia.Cos, "exp": gorgonia.Exp, "log": gorgonia.Log, "log2": gorgonia.Log2,
		"neg": gorgonia.Neg, "square": gorgonia.Square, "sqrt": gorgonia.Sqrt, "inverse": gorgonia.Inverse,
		"inversesqrt": gorgonia.InverseSqrt, "cube": gorgonia.Cube, "tanh": gorgonia.Tanh, "sigmoid": gorgonia.Sigmoid,
		"log1p": gorgonia.Log1p, "expm1": gorgonia.Expm1, "softplus": gorgonia.Softplus,
	} {
		unary(name, f)
	}
	binary := func(name string, f func(a, b *Node) (*Node, error)) {
		for _, s := range [][]tensor.Shape{{m, m}, {{}, m}, {m, {}}, {{}, {}}} {
			add(fmt.Sprint(name, s), s, func(in []*Node) (*Node, error) { return f(in[0], in[1]) })
		}
	}
	same := func(f func(a, b *Node, retSame bool) (*Node, error)) func(a, b *Node) (*Node, error) {
		return func(a, b *Node) (*Node, error) { return f(a, b, true) }
	}
	binary("add", gorgonia.Add)
	binary("sub", gorgonia.Sub)
	binary("hadamardprod", gorgonia.HadamardProd)
	binary("hadamarddiv", gorgonia.HadamardDiv)
	binary("pow", gorgonia.Pow)
	binary("lt", same(gorgonia.Lt))
	binary("gt", same(gorgonia.Gt))
	binary("lte", same(gorgonia.Lte))
	binary("gte", same(gorgonia.Gte))
	binary("eq", same(gorgonia.Eq))
	binary("ne", same(gorgonia.Ne))
	two := func(name string, a, b tensor.Shape, f func(a, b *Node) (*Node, error)) {
		add(name, []tensor.Shape{a, b}, func(in []*Node) (*Node, error) { return f(in[0], in[1]) })
	}
	two("minbetween", m, m, gorgonia.MinBetween)
	two("maxbetween", m, m, gorgonia.MaxBetween)
	two("matmul", m, tensor.Shape{3, 4}, gorgonia.Mul)
	two("matvec", m, v, gorgonia.Mul)
	two("dot", v, v, gorgonia.Mul)
	two("outer", tensor.Shape{2}, v, gorgonia.OuterProd)
	two("batched", tensor.Shape{2, 2, 3}, tensor.Shape{2, 3, 4},
		func(a, b *Node) (*Node, error) { return gorgonia.BatchedMatMul(a, b) })
	two("batched transposed", tensor.Shape{2, 3, 2}, tensor.Shape{2, 4, 3},
		func(a, b *Node) (*Node, error) { return gorgonia.BatchedMatMul(a, b, true, true) })
	two("tensordot", tensor.Shape{2, 3, 4}, tensor.Shape{4, 3, 2},
		func(a, b *Node) (*Node, error) { return gorgonia.Tensordot([]int{1, 2}, []int{1, 0}, a, b) })
	two("broadcastadd", tensor.Shape{2, 1}, m,
		func(a, b *Node) (*Node, error) { return gorgonia.BroadcastAdd(a, b, []byte{1}, nil) })
	two("broadcastmul", m, tensor.Shape{1, 3},
		func(a, b *Node) (*Node, error) { return gorgonia.BroadcastHadamardProd(a, b, nil, []byte{0}) })
	two("concat", m, tensor.Shape{2, 1}, func(a, b *Node) (*Node, error) { return gorgonia.Concat(1, a, b) })
	cube := tensor.Shape{2, 3, 4}
	one := func(name string, s tensor.Shape, f func(x *Node) (*Node, error)) {
		add(name, []tensor.Shape{s}, func(in []*Node) (*Node, error) { return f(in[0]) })
	}
	one("sum", m, func(x *Node) (*Node, error) { return gorgonia.Sum(x) })
	one("sum 1", cube, func(x *Node) (*Node, error) { return gorgonia.Sum(x, 1) })
	one("sum 0 2", cube, func(x *Node) (*Node, error) { return gorgonia.Sum(x, 0, 2) })
	one("max", m, func(x *Node) (*Node, error) { return gorgonia.Max(x) })
	one("max 0", m, func(x *Node) (*Node, error) { return gorgonia.Max(x, 0) })
	one("mean", m, func(x *Node) (*Node, error) { return gorgonia.Mean(x, 1) })
	one("norm", m, func(x *Node) (*Node, error) { return gorgonia.Norm(x, 0, 2) })
	one("reshape", m, func(x *Node) (*Node, error) { return gorgonia.Reshape(x, tensor.Shape{3, 2}) })
	one("transpose", m, func(x *Node) (*Node, error) { return gorgonia.Transpose(x) })
	one("transpose 3", cube, func(x *Node) (*Node, error) { return gorgonia.Transpose(x, 2, 0, 1) })
	one("slice", m, func(x *Node) (*Node, error) { return gorgonia.Slice(x, nil, gorgonia.S(1, 3)) })
	one("slice row", m, func(x *Node) (*Node, error) { return gorgonia.Slice(x, gorgonia.S(1)) })
	one("slice step", tensor.Shape{6}, func(x *Node) (*Node, error) { return gorgonia.Slice(x, gorgonia.S(0, 6, 2)) })
	one("at", m, func(x *Node) (*Node, error) { return gorgonia.At(x, 1, 2) })
	one("softmax", m, func(x *Node) (*Node, error) { return gorgonia.SoftMax(x) })
	one("softmax 0", m, func(x *Node) (*Node, error) { return gorgonia.SoftMax(x, 0) })
	one("logsoftmax", m, func(x *Node) (*Node, error) { return gorgonia.LogSoftMax(x) })
	one("byindices", m, func(x *Node) (*Node, error) {
		return gorgonia.ByIndices(x, gorgonia.NewConstant(tensor.New(tensor.WithBacking([]int{1, 0, 1}))), 0)
	})
	one("byindices 1", m, func(x *Node) (*Node, error) {
		return gorgonia.ByIndices(x, gorgonia.NewConstant(tensor.New(tensor.WithBacking([]int{2, 0}))), 1)
	})
	one("diagflat", v, func(x *Node) (*Node, error) { return gorgonia.DiagFlat(x) })
	one("rectify", m, func(x *Node) (*Node, error) {
		return gorgonia.Rectify(gorgonia.Must(gorgonia.Sub(x, gorgonia.NewConstant(1.0))))
	})
	return out
}

// build makes the expression and binds positive values to its inputs.
func (c *foreignCase) build(t *testing.T) (in []*Node, y *Node) {
	g := gorgonia.NewGraph()
	for i, s := range c.shapes {
		x := make([]float64, max(s.TotalSize(), 1))
		for k := range x {
			x[k] = 0.3 + math.Mod(0.61803*float64(5*i+k+1), 1)*1.5
		}
		in = append(in, gorgonia.NewTensor(g, gorgonia.Float64, len(s), gorgonia.WithShape(s...),
			gorgonia.WithName(fmt.Sprint("x", i)), gorgonia.WithValue(toValue(x, kernels.F64, kernels.Shape(s)))))
	}
	y, err := c.expr(in)
	if err != nil {
		t.Fatal(err)
	}
	return in, y
}

// foreignValues evaluates a Gorgonia graph by its ops' own Do.
func foreignValues(t *testing.T, order []*Node) map[*Node]gorgonia.Value {
	values := map[*Node]gorgonia.Value{}
	for _, n := range order {
		if n.Op() == nil || n.Value() != nil {
			values[n] = n.Value()
			continue
		}
		var in []gorgonia.Value
		for _, k := range children(n) {
			// Some of Gorgonia's ops write to what they are given.
			v, err := gorgonia.CloneValue(values[k])
			if err != nil {
				t.Fatal(err)
			}
			in = append(in, v)
		}
		v, err := n.Op().Do(in...)
		if err != nil {
			t.Fatalf("gorgonia cannot evaluate %v: %v", n, err)
		}
		values[n] = v
	}
	return values
}

// compareForeign checks every node of a Gorgonia graph against its translation.
func compareForeign(t *testing.T, in []*Node, roots ...*Node) {
	t.Helper()
	_, to, err := translate(roots, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	order := topological(roots...)
	values := foreignValues(t, order)
	for _, n := range order {
		if _, isFloat := floatType(n.Dtype()); !isFloat {
			continue
		}
		got, err := Reference(nil, 0, 0, to[n])
		if err != nil {
			t.Fatal(err)
		}
		want, err := fromValue(values[n])
		if err != nil {
			t.Fatal(err)
		}
		if len(want) != len(got[0]) {
			t.Errorf("node %v: %d elements, want %d", n, len(got[0]), len(want))
			continue
		}
		for k := range want {
			if !closeTo(got[0][k], want[k], 1e-12) {
				t.Errorf("node %v element %d: %.15g, want %.15g", n, k, got[0][k], want[k])
			}
		}
	}
}

func TestForeignOpsMatchGorgoniasOwnDo(t *testing.T) {
	seen := map[string]bool{"randomOp": true, "sliceIncrOp": true, "softmaxDiffOp": true} // tested below
	for _, c := range foreignCases() {
		t.Run(c.name, func(t *testing.T) {
			in, y := c.build(t)
			compareForeign(t, in, y)
			for _, n := range topological(y) {
				seen[foreignTypeName(n)] = true
			}
		})
	}
	for name := range foreignOps {
		if !seen[name] {
			t.Errorf("no case has a %s", name)
		}
	}
}

func foreignTypeName(n *Node) string {
	s := fmt.Sprintf("%T", n.Op())
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return s[i+1:]
		}
	}
	return s
}

// Graphs that gorgonia.Grad has extended translate too, node by node.
func TestForeignGradientGraphs(t *testing.T) {
	// Gorgonia builds an ill-shaped graph, or panics in Sum: its own type and shape disagree.
	wrong := map[string]bool{"outer": true, "diagflat": true}
	left := 0
	for _, c := range foreignCases() {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				if t.Skipped() {
					left++
				}
			}()
			if wrong[c.name] {
				t.Skip("gorgonia does not differentiate it")
			}
			in, y := c.build(t)
			cost, err := gorgonia.Sum(y)
			if err != nil {
				t.Fatal(err)
			}
			ds, err := gorgonia.Grad(cost, in...)
			if err != nil {
				t.Skip("gorgonia refuses: ", err)
			}
			for _, n := range topological(ds...) {
				if foreignTypeName(n) == "byIndicesOpDiffOp" {
					t.Skip("has no counterpart")
				}
			}
			compareForeign(t, in, append(gorgonia.Nodes{cost}, ds...)...)
		})
	}
	// Gorgonia v0.9.18 differentiates 82 of 117; the rest are comparisons, signs and the like.
	if left > 35 {
		t.Errorf("%d graphs were left out, want 35", left)
	}
}

func TestForeignRefusals(t *testing.T) {
	g := gorgonia.NewGraph()
	img := gorgonia.NewTensor(g, gorgonia.Float64, 4, gorgonia.WithShape(1, 1, 4, 4), gorgonia.WithName("img"))
	pool := gorgonia.Must(gorgonia.MaxPool2D(img, tensor.Shape{2, 2}, []int{0, 0}, []int{2, 2}))
	_, err := FromGorgonia(gorgonia.Must(gorgonia.Sum(pool)), []*Node{img}, Spec{Name: "pool"})
	var fe *ForeignOpError
	if !errors.As(err, &fe) {
		t.Fatalf("error %v is no *ForeignOpError", err)
	}
	x := gorgonia.NewScalar(gorgonia.NewGraph(), gorgonia.Int)
	if _, err := FromGorgonia(x, nil, Spec{}); err == nil {
		t.Error("an int cost was accepted")
	}
	unnamed := gorgonia.NewScalar(gorgonia.NewGraph(), gorgonia.Float64)
	if _, err := FromGorgonia(gorgonia.Must(gorgonia.Exp(unnamed)), nil, Spec{}); err == nil {
		t.Error("an unnamed input was accepted")
	}
}

// A plain Gorgonia model trains: the program's loss and gradient are those of the same model
// built from our functions.
func TestFromGorgoniaRuns(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(2, 3), gorgonia.WithName("x"))
	w := gorgonia.NewVector(g, gorgonia.Float64, gorgonia.WithShape(3), gorgonia.WithName("w"),
		gorgonia.WithValue(tensor.New(tensor.WithBacking([]float64{0.1, -0.2, 0.3}))))
	noise := gorgonia.GaussianRandomNode(g, gorgonia.Float64, 1, 2, 2)
	eta := gorgonia.Must(gorgonia.Mul(x, w))
	cost := gorgonia.Must(gorgonia.Sum(gorgonia.Must(gorgonia.Square(gorgonia.Must(gorgonia.Sub(eta, noise))))))
	p, err := FromGorgonia(cost, []*Node{w}, Spec{Name: "plain", Seed: 5, GradOutputs: true,
		Outputs: []Output{{"cost", cost}, {"noise", noise}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	xs := []float64{1, 2, 3, 4, 5, 6}
	set(t, in, "x", xs...)
	if err := in.Run(4, 1); err != nil {
		t.Fatal(err)
	}
	e := get(t, in, "noise")
	if e[0] == e[1] {
		t.Errorf("noise %v repeats", e)
	}
	r := [2]float64{0.1 - 0.4 + 0.9 - e[0], 0.4 - 1 + 1.8 - e[1]}
	check(t, "cost", get(t, in, "cost"), []float64{r[0]*r[0] + r[1]*r[1]})
	want := make([]float64, 3)
	for k := range want {
		want[k] = 2 * (r[0]*xs[k] + r[1]*xs[3+k])
	}
	check(t, "grad/w", get(t, in, "grad/w"), want)
}

// A small network of Gorgonia's ops: compiled gradients against gorgonia.Grad evaluated by
// Gorgonia's own Do.
func TestFromGorgoniaNetwork(t *testing.T) {
	g := gorgonia.NewGraph()
	value := func(n int, scale float64) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = scale * math.Sin(float64(3*i+n))
		}
		return x
	}
	input := func(name string, rows, cols int) *Node {
		x := tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(value(rows*cols, 0.8)))
		return gorgonia.NewMatrix(g, gorgonia.Float64, gorgonia.WithShape(rows, cols),
			gorgonia.WithName(name), gorgonia.WithValue(x))
	}
	x, w1, b1, w2 := input("x", 6, 5), input("w1", 5, 4), input("b1", 1, 4), input("w2", 4, 5)
	h := gorgonia.Must(gorgonia.BroadcastAdd(gorgonia.Must(gorgonia.Mul(x, w1)), b1, nil, []byte{0}))
	logits := gorgonia.Must(gorgonia.Mul(gorgonia.Must(gorgonia.Tanh(h)), w2))
	bce := gorgonia.Must(gorgonia.Sub(gorgonia.Must(gorgonia.Softplus(logits)),
		gorgonia.Must(gorgonia.HadamardProd(x, logits))))
	cost := gorgonia.Must(gorgonia.Mean(bce))
	params := []*Node{w1, b1, w2}

	p, err := FromGorgonia(cost, params, Spec{Name: "net", GradOutputs: true})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	set(t, in, "x", value(30, 0.8)...)
	if err := in.Run(0, 1); err != nil {
		t.Fatal(err)
	}
	ds, err := gorgonia.Grad(cost, params...)
	if err != nil {
		t.Fatal(err)
	}
	values := foreignValues(t, topological(ds...))
	for i, d := range ds {
		want, err := fromValue(values[d])
		if err != nil {
			t.Fatal(err)
		}
		check(t, params[i].Name(), get(t, in, "grad/"+params[i].Name()), want)
	}
}
