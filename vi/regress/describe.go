package regress

import (
	"math"
	"runtime"
	"sync"
)

// describe summarises draws, which it reorders: mean, standard deviation (divisor n−1) and the
// central interval of the given mass, its ends interpolated between order statistics (type 7
// of Hyndman & Fan 1996, as diag.Quantile). Only the order statistics asked for are found, an
// order of magnitude faster than sorting.
func describe(x []float64, prob float64) Prediction {
	n := float64(len(x))
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	p := Prediction{Mean: sum / n}
	squares := 0.0
	for _, v := range x {
		squares += (v - p.Mean) * (v - p.Mean)
	}
	p.SD = math.Sqrt(squares / math.Max(n-1, 1))
	if math.IsNaN(p.Mean) {
		p.Lower, p.Upper = math.NaN(), math.NaN()
		return p
	}
	p.Lower = selectQuantile(x, (1-prob)/2)
	p.Upper = selectQuantile(x, (1+prob)/2)
	return p
}

// selectQuantile returns the quantile at q, 0 ≤ q ≤ 1, and leaves x partitioned around it.
func selectQuantile(x []float64, q float64) float64 {
	h := q * float64(len(x)-1)
	i := min(int(h), len(x)-1)
	lo := nth(x, i)
	if h == float64(i) || i+1 >= len(x) {
		return lo
	}
	hi := x[i+1]
	for _, v := range x[i+2:] {
		hi = min(hi, v)
	}
	if lo == hi {
		return lo // infinite ones included
	}
	return lo + (h-float64(i))*(hi-lo)
}

// nth puts the k-th smallest element of x at its place, smaller ones before and larger ones
// after it, and returns it (Hoare 1961, with the median of three as pivot). x holds no NaN.
func nth(x []float64, k int) float64 {
	lo, hi := 0, len(x)-1
	for lo < hi {
		pivot := medianOf3(x[lo], x[lo+(hi-lo)/2], x[hi])
		i, j := lo, hi
		for i <= j {
			for x[i] < pivot {
				i++
			}
			for x[j] > pivot {
				j--
			}
			if i <= j {
				x[i], x[j] = x[j], x[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j
		case k >= i:
			lo = i
		default:
			return x[k]
		}
	}
	return x[k]
}

func medianOf3(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// parallel calls f for every i below n, on all processors, and waits.
func parallel(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wg.Wait()
}
