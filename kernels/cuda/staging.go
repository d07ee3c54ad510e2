//go:build elbo_cuda && linux

package cuda

import "elbo/kernels/cuda/internal/driver"

// stageBytes is the pinned memory of one half of the staging area: long enough that the card
// copies at full rate, short enough that filling one half overlaps the copy of the other.
const stageBytes = 4 << 20

// staging is pinned memory through which writes go, so that they run beside the card's work. Its
// halves take turns: one is filled while the copies of the other are under way.
type staging struct {
	mem   *driver.Pinned
	done  [2]*driver.Event
	used  [2]bool // the half has copies its event marks
	half  int
	taken int // bytes of the current half
}

func (s *staging) open(ctx *driver.Context) (err error) {
	for i := range s.done {
		if s.done[i], err = ctx.NewEvent(false); err != nil {
			return err
		}
	}
	s.mem, err = ctx.PinnedAlloc(2 * stageBytes)
	return err
}

// send copies src to the card on a stream. It returns when src may be used again.
func (s *staging) send(to *driver.Stream, dst driver.Ptr, src []byte) error {
	for len(src) > 0 {
		if s.taken == stageBytes {
			if err := s.turn(to); err != nil {
				return err
			}
		}
		at := s.half*stageBytes + s.taken
		n := copy(s.mem.Bytes()[at:(s.half+1)*stageBytes], src)
		if err := to.CopyHtoDAsync(dst, s.mem, at, n); err != nil {
			return err
		}
		s.taken = min((s.taken+n+63)&^63, stageBytes)
		src, dst = src[n:], dst+driver.Ptr(n)
	}
	return nil
}

// turn marks the copies of the current half and goes to the other once its copies are done.
func (s *staging) turn(to *driver.Stream) error {
	if err := s.done[s.half].Record(to); err != nil {
		return err
	}
	s.used[s.half] = true
	s.half, s.taken = 1-s.half, 0
	if !s.used[s.half] {
		return nil
	}
	return s.done[s.half].Sync()
}
