package nn

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"elbo/graph"
	"elbo/kernels/ref"
)

// moments returns mean and biased variance.
func moments(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, variance
}

func TestLayerNorm(t *testing.T) {
	for _, c := range []struct {
		shape   []int
		l       LayerNorm
		epsilon float64
	}{
		{[]int{3, 5}, LayerNorm{}, 1e-5},
		{[]int{2, 2, 3, 4}, LayerNorm{Epsilon: 1e-3}, 1e-3},
	} {
		shape := c.shape
		tr := try(t, c.l, true, shape...)
		k := shape[len(shape)-1]
		scale, shift, x := tr.values["l/scale"], tr.values["l/shift"], tr.values["x"]
		want := make([]float64, len(x))
		for i := range x {
			m, v := moments(x[i/k*k : i/k*k+k])
			want[i] = scale[i%k]*(x[i]-m)/math.Sqrt(v+c.epsilon) + shift[i%k]
		}
		near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
		tr.gradients(t)
	}
	if tr := try(t, LayerNorm{Plain: true}, true, 3, 5); len(tr.c.G.Inputs()) != 1 {
		t.Error("Plain declares parameters")
	}
}

// channel returns the values of channel k of n channels.
func channel(x []float64, k, n int) []float64 {
	var out []float64
	for i := k; i < len(x); i += n {
		out = append(out, x[i])
	}
	return out
}

func TestBatchNorm(t *testing.T) {
	for _, shape := range [][]int{{6, 3}, {2, 2, 3, 4}} {
		for _, train := range []bool{true, false} {
			t.Run(fmt.Sprint(shape, train), func(t *testing.T) { batchNormCase(t, shape, train) })
		}
	}
}

func batchNormCase(t *testing.T, shape []int, train bool) {
	tr := try(t, BatchNorm{Momentum: 0.3}, train, shape...)
	k := shape[len(shape)-1]
	scale, shift, x := tr.values["l/scale"], tr.values["l/shift"], tr.values["x"]
	mean, variance := tr.values["l/mean"], tr.values["l/var"]
	want := make([]float64, len(x))
	var nextMean, nextVar []float64
	for ch := range k {
		values := channel(x, ch, k)
		n := float64(len(values))
		m, v := moments(values)
		nextMean = append(nextMean, 0.7*mean[ch]+0.3*m)
		nextVar = append(nextVar, 0.7*variance[ch]+0.3*v*n/(n-1))
		if !train {
			m, v = mean[ch], variance[ch]
		}
		for i, z := range values {
			want[i*k+ch] = scale[ch]*(z-m)/math.Sqrt(v+1e-5) + shift[ch]
		}
	}
	near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
	tr.gradients(t)

	if !train {
		if len(tr.c.Assigns) != 0 {
			t.Error("evaluation updates running statistics")
		}
		return
	}
	if len(tr.c.Assigns) != 2 {
		t.Fatalf("%d updates, want 2", len(tr.c.Assigns))
	}
	for i, want := range [][]float64{nextMean, nextVar} {
		near(t, tr.c.G.Site(tr.c.Assigns[i].State), tr.eval(t, tr.c.Assigns[i].Value)[0], want, roundoff)
	}
}

// One value per channel has no variance; the error says what to do.
func TestBatchNormOfOne(t *testing.T) {
	_, err := graph.Build(graph.F64, func(g *graph.Graph) {
		BatchNorm{}.Apply(&Context{G: g, Train: true}, "l", g.Data("x", 1, 3))
	})
	if err == nil || !strings.Contains(err.Error(), "enlarge the batch") {
		t.Errorf("got %v", err)
	}
}

// A compiled program keeps the running statistics from step to step: after many steps on one
// batch they are that batch's, and the evaluation form then gives what training gives but for
// the factor between biased and unbiased variance.
func TestRunningStatisticsConverge(t *testing.T) {
	const n, k = 8, 2
	var c *Context
	var y *graph.Node
	g, err := graph.Build(graph.F64, func(g *graph.Graph) {
		c = &Context{G: g, Train: true}
		y = BatchNorm{}.Apply(c, "l", g.Data("x", n, k))
	})
	if err != nil {
		t.Fatal(err)
	}
	p, err := graph.Compile(g, graph.Spec{Assign: c.Assigns, Outputs: []graph.Output{{Name: "y", Node: y}}})
	if err != nil {
		t.Fatal(err)
	}
	in, err := p.Load(ref.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	x := make([]float64, n*k)
	graph.HostNormals(x, 1, "x", 0)
	if err := in.Set("x", x); err != nil {
		t.Fatal(err)
	}
	// After s steps 0.9ˢ of the start values 0 and 1 is left.
	for _, s := range []int{1, 300} {
		if err := in.Run(0, s); err != nil {
			t.Fatal(err)
		}
		mean, err := in.Get("l/mean")
		if err != nil {
			t.Fatal(err)
		}
		variance, err := in.Get("l/var")
		if err != nil {
			t.Fatal(err)
		}
		left := math.Pow(0.9, float64(s))
		for ch := range k {
			m, v := moments(channel(x, ch, k))
			want := []float64{(1 - left) * m, left + (1-left)*v*n/(n-1)}
			near(t, "mean and variance", []float64{mean[ch], variance[ch]}, want, roundoff)
		}
	}
}

// A layer applied twice shares its parameters and follows its first batch alone.
func TestBatchNormAppliedTwice(t *testing.T) {
	tr := tryWith(t, true, func(c *Context, x *graph.Node) *graph.Node {
		l := BatchNorm{}
		return graph.Add(l.Apply(c, "l", x), l.Apply(c, "l", graph.MulC(x, 3)))
	}, 4, 2)
	if len(tr.c.Assigns) != 2 {
		t.Errorf("%d updates, want 2", len(tr.c.Assigns))
	}
	tr.gradients(t)
}
