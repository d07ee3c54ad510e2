package feed

import (
	"slices"
	"testing"

	"elbo/data"
	"elbo/graph"
	"elbo/kernels/ref"
)

// TestDrawsAreTheLoadersBatches: rows, padding and sizes over two epochs, late ones and short ones.
func TestDrawsAreTheLoadersBatches(t *testing.T) {
	for _, dt := range []graph.DType{graph.F32, graph.F64} {
		for _, c := range [][2]int{{103, 10}, {100, 10}, {7, 7}, {9, 2}, {5, 1}, {81, 2}, {97, 2}} {
			n, b := c[0], c[1]
			in := load(t, ref.Open(), dt, 11, func(g *graph.Graph) []graph.Output {
				r := Draw(g, n, b)
				return []graph.Output{{Name: "index", Node: graph.ToFloat(r.Index)}, {Name: "live", Node: r.Live},
					{Name: "count", Node: graph.MulC(r.Count, 1)}}
			})
			l, err := data.NewLoader(data.LoaderConfig{Rows: int64(n), Batch: b, Seed: 11, Shuffle: true})
			if err != nil {
				t.Fatal(err)
			}
			per := l.StepsPerEpoch()
			late := (int64(1)<<22 - 2) / per * per
			index := make([]int64, b)
			steps := []int64{0, 1, late - 1, late, late + per - 1}
			for epoch := range int64(99) { // at some of their starts step/per rounds down to the epoch before
				steps = append(steps, epoch*per+per-1, epoch*per+per)
			}
			for _, step := range steps {
				size := l.Indices(step, index)
				got := get(t, in, step, "index")
				live, err := in.Get("live")
				if err != nil {
					t.Fatal(err)
				}
				count, err := in.Get("count")
				if err != nil {
					t.Fatal(err)
				}
				if int(count[0]) != size {
					t.Errorf("%v, %d of %d, step %d: %g rows, want %d", dt, b, n, step, count[0], size)
				}
				for i := range b {
					want, on := index[0], 0.0
					if i < size {
						want, on = index[i], 1
					}
					if got[i] != float64(want) || live[i] != on {
						t.Fatalf("%v, %d of %d, step %d, row %d: %g live %g, want %d live %g",
							dt, b, n, step, i, got[i], live[i], want, on)
					}
				}
			}
		}
	}
}

// TestChunksCoverTheRows in order, the last one padded with its first row.
func TestChunksCoverTheRows(t *testing.T) {
	for _, c := range [][2]int{{10, 4}, {8, 4}, {3, 5}} {
		in := load(t, ref.Open(), graph.F64, 0, func(g *graph.Graph) []graph.Output {
			r := Chunk(g, c[0], c[1])
			return []graph.Output{{Name: "rows", Node: graph.Sub(graph.ToFloat(r.Index), graph.MulC(r.Live, -1000))}}
		})
		for row := 0; row < c[0]; row += c[1] {
			var want []float64
			for i := range c[1] {
				if row+i < c[0] {
					want = append(want, float64(1000+row+i))
				} else {
					want = append(want, float64(row))
				}
			}
			if got := get(t, in, int64(row/c[1]), "rows"); !slices.Equal(got, want) {
				t.Errorf("%d of %d: %v, want %v", c[1], c[0], got, want)
			}
		}
	}
}

// TestCountable names what a program cannot count.
func TestCountable(t *testing.T) {
	for _, c := range []struct {
		dt    graph.DType
		n     int64
		b     int
		steps int64
		can   bool
	}{
		{graph.F32, 100, 7, 1 << 21, true}, {graph.F32, 100, 7, 1 << 22, false}, {graph.F32, 100, 7, 0, false},
		{graph.F32, 100, 10, 0, true}, {graph.F64, 100, 7, 0, true}, {graph.F64, 1 << 31, 8, 9, false},
	} {
		if why := Countable(c.dt, c.n, c.b, c.steps); (why == "") != c.can {
			t.Errorf("%+v: %q", c, why)
		}
	}
}
