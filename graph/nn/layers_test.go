package nn

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"elbo/graph"
)

func TestLinear(t *testing.T) {
	tr := try(t, Linear{Units: 3}, true, 4, 5)
	w, b, x := tr.values["l/weight"], tr.values["l/bias"], tr.values["x"]
	want := make([]float64, 4*3)
	for r := range 4 {
		for j := range 3 {
			s := b[j]
			for i := range 5 {
				s += x[r*5+i] * w[i*3+j]
			}
			want[r*3+j] = s
		}
	}
	near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
	tr.gradients(t)

	bare := try(t, Linear{Units: 3, NoBias: true}, true, 4, 5)
	if bare.c.G.Lookup("l/bias") != nil {
		t.Error("NoBias declares a bias")
	}
}

// windows are the strides, paddings and sizes of the convolution and pooling tests: kernels
// above and below the stride, odd sizes, images the windows do not fill.
var windows = []struct{ h, w, kh, kw, sh, sw, ph, pw int }{
	{4, 4, 3, 3, 1, 1, 1, 1},
	{5, 7, 3, 2, 2, 3, 1, 0},
	{6, 5, 2, 2, 3, 1, 0, 1},
	{3, 3, 3, 3, 1, 1, 0, 0},
	{4, 3, 1, 1, 1, 1, 0, 0},
	{7, 4, 3, 3, 2, 2, 2, 1},
}

func TestConv2D(t *testing.T) {
	const n, c, k = 2, 3, 2
	for _, v := range windows {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			l := Conv2D{Channels: k, Kernel: Pair{v.kh, v.kw}, Stride: Pair{v.sh, v.sw}, Pad: Pair{v.ph, v.pw}}
			tr := try(t, l, true, n, v.h, v.w, c)
			x, w, bias := tr.values["x"], tr.values["l/weight"], tr.values["l/bias"]
			s := graph.ShapeOf(tr.y)
			var want []float64
			for b := range n {
				for i := range s[1] {
					for j := range s[2] {
						for o := range k {
							sum := bias[o]
							for u := range v.kh {
								for q := range v.kw {
									r, col := i*v.sh+u-v.ph, j*v.sw+q-v.pw
									if r < 0 || r >= v.h || col < 0 || col >= v.w {
										continue
									}
									for ch := range c {
										sum += x[((b*v.h+r)*v.w+col)*c+ch] * w[((u*v.kw+q)*c+ch)*k+o]
									}
								}
							}
							want = append(want, sum)
						}
					}
				}
			}
			near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
			tr.gradients(t)
		})
	}
}

func TestConvTranspose2D(t *testing.T) {
	const n, c, k = 2, 3, 2
	for _, v := range []struct{ h, w, kh, kw, sh, sw, ph, pw, oh, ow int }{
		{3, 3, 3, 3, 1, 1, 1, 1, 0, 0},
		{2, 3, 3, 3, 2, 2, 1, 1, 1, 1},
		{3, 2, 2, 4, 3, 1, 0, 1, 2, 0},
		{2, 2, 1, 1, 2, 2, 0, 0, 1, 0},
	} {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			l := ConvTranspose2D{
				Channels: k, Kernel: Pair{v.kh, v.kw}, Stride: Pair{v.sh, v.sw}, Pad: Pair{v.ph, v.pw}, OutPad: Pair{v.oh, v.ow},
			}
			tr := try(t, l, true, n, v.h, v.w, c)
			x, w, bias := tr.values["x"], tr.values["l/weight"], tr.values["l/bias"]
			s := graph.ShapeOf(tr.y)
			want := make([]float64, s.Size())
			for i := range want {
				want[i] = bias[i%k]
			}
			for b := range n {
				for i := range v.h * v.w * v.kh * v.kw {
					pixel, cell := i/(v.kh*v.kw), i%(v.kh*v.kw)
					r, col := pixel/v.w*v.sh+cell/v.kw-v.ph, pixel%v.w*v.sw+cell%v.kw-v.pw
					if r < 0 || r >= s[1] || col < 0 || col >= s[2] {
						continue
					}
					for ch := range c {
						for o := range k {
							want[((b*s[1]+r)*s[2]+col)*k+o] += x[(b*v.h*v.w+pixel)*c+ch] * w[(ch*v.kh*v.kw+cell)*k+o]
						}
					}
				}
			}
			near(t, "y", tr.eval(t, tr.y)[0], want, roundoff)
			tr.gradients(t)
		})
	}
}

// The usual decoder step doubles an image exactly.
func TestConvTransposeDoubles(t *testing.T) {
	l := ConvTranspose2D{Channels: 32, Kernel: Square(3), Stride: Square(2), Pad: Square(1), OutPad: Square(1)}
	if out, err := l.Out([]int{7, 7, 64}); err != nil || !slices.Equal(out, []int{14, 14, 32}) {
		t.Errorf("7x7 becomes %v, %v", out, err)
	}
}

func TestPooling(t *testing.T) {
	const n, c = 2, 2
	for _, v := range windows {
		t.Run(fmt.Sprint(v), func(t *testing.T) {
			k, s, p := Pair{v.kh, v.kw}, Pair{v.sh, v.sw}, Pair{v.ph, v.pw}
			largest, average := try(t, MaxPool{k, s, p}, true, n, v.h, v.w, c), try(t, AvgPool{k, s, p}, true, n, v.h, v.w, c)
			x, out := largest.values["x"], graph.ShapeOf(largest.y)
			var tops, means []float64
			for b := range n {
				for place := range out[1] * out[2] {
					for ch := range c {
						top, sum, cells := math.Inf(-1), 0., 0.
						for cell := range v.kh * v.kw {
							r, col := place/out[2]*v.sh+cell/v.kw-v.ph, place%out[2]*v.sw+cell%v.kw-v.pw
							if r >= 0 && r < v.h && col >= 0 && col < v.w {
								z := x[((b*v.h+r)*v.w+col)*c+ch]
								top, sum, cells = max(top, z), sum+z, cells+1
							}
						}
						tops, means = append(tops, top), append(means, sum/cells)
					}
				}
			}
			near(t, "largest", largest.eval(t, largest.y)[0], tops, 0)
			near(t, "average", average.eval(t, average.y)[0], means, roundoff)
			largest.gradients(t)
			average.gradients(t)
		})
	}
	// Without a stride windows lie side by side.
	if out, err := (MaxPool{Kernel: Square(2)}).Out([]int{6, 4, 3}); err != nil || !slices.Equal(out, []int{3, 2, 3}) {
		t.Errorf("pooling by 2 gives %v, %v", out, err)
	}
}

func TestActivations(t *testing.T) {
	phi := func(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
	want := map[string]func(x float64) float64{
		"identity": func(x float64) float64 { return x },
		"relu":     func(x float64) float64 { return max(x, 0) },
		"leaky":    func(x float64) float64 { return max(x, 0.01*x) },
		"elu":      func(x float64) float64 { return max(x, 0) + math.Expm1(min(x, 0)) },
		"gelu":     func(x float64) float64 { return x * phi(x) },
		"silu":     func(x float64) float64 { return x / (1 + math.Exp(-x)) },
		"softplus": func(x float64) float64 { return math.Log1p(math.Exp(x)) },
		"sigmoid":  func(x float64) float64 { return 1 / (1 + math.Exp(-x)) },
		"tanh":     math.Tanh,
	}
	if len(want) != len(ActivationNames()) {
		t.Fatalf("%d activations tested of %v", len(want), ActivationNames())
	}
	for _, name := range ActivationNames() {
		tr := try(t, Activation{Name: name}, true, 1, 7)
		tr.values["x"] = []float64{-20, -3, -0.5, 0.25, 1, 4, 30}
		values := make([]float64, 7)
		for i, x := range tr.values["x"] {
			values[i] = want[name](x)
		}
		near(t, name, tr.eval(t, tr.y)[0], values, 1e-13) // the devices' functions are good to some ulps
		tr.gradients(t)
	}

	steep := try(t, Activation{Name: "leaky", Slope: 0.5}, true, 1, 2)
	steep.values["x"] = []float64{-2, 2}
	near(t, "leaky with a slope of its own", steep.eval(t, steep.y)[0], []float64{-1, 2}, 0)
}

// At 0 the derivative of relu is 0, so that units at rest stay silent; far out nothing
// overflows.
func TestActivationEdges(t *testing.T) {
	tr := try(t, Activation{Name: "relu"}, true, 1, 1)
	tr.values["x"] = []float64{0}
	if d := tr.eval(t, graph.Grad(graph.Sum(tr.y), tr.x)...)[0][0]; d != 0 {
		t.Errorf("relu has derivative %v at 0", d)
	}
	for _, name := range ActivationNames() {
		tr := try(t, Activation{Name: name}, true, 1, 2)
		tr.values["x"] = []float64{-1e4, 1e4}
		for _, v := range tr.eval(t, append(graph.Grad(graph.Sum(tr.y), tr.x), tr.y)...) {
			for i, y := range v {
				if math.IsNaN(y) || math.IsInf(y, 0) {
					t.Errorf("%s or its derivative is %v at %v", name, y, tr.values["x"][i])
				}
			}
		}
	}
}

func TestReshapes(t *testing.T) {
	tr := try(t, Stack{Reshape{[]int{2, 3}}, Flatten{}, Reshape{[]int{3, 2, 1}}}, true, 2, 6)
	if s := graph.ShapeOf(tr.y); !slices.Equal(s, []int{2, 3, 2, 1}) {
		t.Errorf("shape %v", s)
	}
	near(t, "y", tr.eval(t, tr.y)[0], tr.values["x"], 0)
}
