package screen

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"
)

// Epochs shows the training of a model epoch by epoch: a line each, under a head. A terminal also
// has a line that is rewritten within an epoch. A nil *Epochs is silent; Clear may be called from any
// goroutine.
type Epochs struct {
	w     io.Writer
	style Style
	tty   bool
	now   func() time.Time

	mu      sync.Mutex // guards what is written
	shown   time.Time
	pending bool
	headed  bool
}

// EpochLine is what a line shows; NaN where a figure is not known.
type EpochLine struct {
	Epoch                   int64
	Train, Valid, KL, Recon float64
	Active, Latent          int // active units of all; Active < 0 where not known
	Rate                    float64
	Left                    float64 // seconds
}

// NewEpochs returns a display on w.
func NewEpochs(w io.Writer, s Style) *Epochs {
	_, tty := Terminal(w)
	return &Epochs{w: w, style: s, tty: tty, now: time.Now}
}

const (
	epochHead = "epoch      train      valid       KL      recon   active   images/s"
	epochRow  = "%5d %10s %10s %8s %10s %8s %10s"
)

// Line shows an epoch.
func (e *Epochs) Line(l EpochLine) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.erase()
	if !e.headed {
		fmt.Fprintln(e.w, e.style.Dim(epochHead))
		e.headed = true
	}
	active := "–"
	if l.Active >= 0 {
		active = fmt.Sprintf("%d/%d", l.Active, l.Latent)
	}
	text := fmt.Sprintf(epochRow, l.Epoch, Fixed(l.Train, 2), Fixed(l.Valid, 2), Fixed(l.KL, 2), Fixed(l.Recon, 2), active,
		Rate(l.Rate))
	if !math.IsNaN(l.Left) && l.Left > 0 {
		text += e.style.Dim("   " + Seconds(l.Left) + " left")
	}
	fmt.Fprintln(e.w, strings.TrimRight(text, " "))
}

// Stage tells what is under way, on terminals.
func (e *Epochs) Stage(text string) {
	if e == nil || !e.tty {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(e.w, "\r\x1b[K%s", e.style.Dim(text+" …"))
	e.pending = true
}

// Step shows how far an epoch has come, on terminals.
func (e *Epochs) Step(done, of int64) { e.share("step %s of %s", done, of) }

// Images shows how many images of an evaluation are done, on terminals.
func (e *Epochs) Images(done, of int64) { e.share("%s of %s images", done, of) }

// share shows a part of a whole, unless it did a moment ago.
func (e *Epochs) share(format string, done, of int64) {
	if e == nil || !e.tty || done >= of {
		return
	}
	if now := e.now(); now.Sub(e.shown) >= rewriteEvery {
		e.shown = now
		e.Stage(fmt.Sprintf(format, Count(done), Count(of)))
	}
}

// Clear removes the terminal's line so that other text can follow.
func (e *Epochs) Clear() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.erase()
}

func (e *Epochs) erase() {
	if e.pending {
		fmt.Fprint(e.w, "\r\x1b[K")
		e.pending = false
	}
}
