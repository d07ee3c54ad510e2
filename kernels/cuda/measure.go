//go:build elbo_cuda && linux

package cuda

import (
	"cmp"
	"math"
	"slices"
	"time"
)

const (
	measureAfter  = 256 // steps after which measuring is worth a compilation
	measureRounds = 3   // runs of each way; the shortest counts
	measureSteps  = 8   // of a measured run at least; one graph of many, where a call has as many
	hopeless      = 4   // times the shortest: a way that takes longer is not tried again
	// worthwhile is the part of the time of a graph of one stream that another way may take: what saves
	// less is not worth its events or meetings.
	worthwhile = 0.95
)

// graphWays lists graphs of one stream and of several, unless it was said which.
func (x *executable) graphWays() []way {
	most := x.dev.mostStreams()
	ways := []way{{0, 1, math.MaxInt64}}
	if x.dev.options.Streams > 0 {
		ways[0].streams = most
	} else if x.spread(1, most).Streams > 1 {
		ways = append(ways, way{0, most, math.MaxInt64})
	}
	return ways
}

// begin begins to measure, where there is a choice.
func (w *whole) begin() {
	w.phase = measuring
	if len(w.ways) == 1 {
		w.phase = decided
	}
}

// measure times k steps of the way whose turn it is, and decides after the last.
func (x *executable) measure(k int) error {
	w, d := &x.whole, x.dev
	v := &w.ways[w.turn]
	took, err := d.timed(func() error { return x.goes(*v, k) })
	if err != nil {
		return err
	}
	if w.round > 0 { // the first round warms up
		v.time = min(v.time, took/time.Duration(k))
	}
	if w.turn++; w.turn == len(w.ways) {
		w.endRound()
	}
	return nil
}

// endRound drops hopeless ways, and decides after the last round.
func (w *whole) endRound() {
	w.turn = 0
	w.round++
	if w.round == 1 {
		return
	}
	best := slices.MinFunc(w.ways, func(a, b way) int { return cmp.Compare(a.time, b.time) })
	w.ways = slices.DeleteFunc(w.ways, func(v way) bool { return v.blocks > 0 && v.time/hopeless > best.time })
	if w.round <= measureRounds && len(w.ways) > 1 {
		return
	}
	w.phase, w.now = decided, w.ways[0]
	if float64(best.time) < worthwhile*float64(w.ways[0].time) {
		w.now = best
	}
}

// timed waits for what f puts into the stream and returns how long the card took.
func (d *Device) timed(f func() error) (time.Duration, error) {
	for i := range d.clock {
		if d.clock[i] == nil {
			e, err := d.ctx.NewEvent(true)
			if err != nil {
				return 0, err
			}
			d.clock[i] = e
		}
	}
	if err := d.clock[0].Record(d.compute); err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	if err := d.clock[1].Record(d.compute); err != nil {
		return 0, err
	}
	if err := d.clock[1].Sync(); err != nil {
		return 0, err
	}
	return d.clock[0].Elapsed(d.clock[1])
}
