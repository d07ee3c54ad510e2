package screen

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"elbo/vi/train"
)

// Intervals of the progress display.
const (
	rewriteEvery = 100 * time.Millisecond
	logEvery     = 10 * time.Second
)

// Progress shows what a fit is doing. A terminal has one line that is rewritten; anything
// else gets a full line every ten seconds. A nil *Progress is silent.
type Progress struct {
	w       io.Writer
	style   Style
	tty     bool
	verbose bool
	now     func() time.Time
	budget  func(train.Metric) float64 // seconds left at most, NaN when unknown

	mu      sync.Mutex
	start   time.Time
	shown   time.Time
	pending bool // the terminal's line holds text
	last    float64
	seen    bool
}

// NewProgress returns a display on w. left estimates from a metric how many seconds remain
// at most.
func NewProgress(w io.Writer, s Style, verbose bool, left func(train.Metric) float64) *Progress {
	_, tty := Terminal(w)
	now := time.Now()
	return &Progress{w: w, style: s, tty: tty, verbose: verbose, now: time.Now, budget: left, start: now, shown: now}
}

// Stage tells what begins.
func (p *Progress) Stage(text string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.tty:
		p.rewrite(p.style.Dim(text+" …"), text+" …")
	case p.verbose:
		fmt.Fprintf(p.w, "[%7.2f s] %s\n", p.now().Sub(p.start).Seconds(), text)
	}
}

// Metric shows a step.
func (p *Progress) Metric(m train.Metric) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	every := logEvery
	if p.tty {
		every = rewriteEvery
	}
	change := m.ElboEMA - p.last
	if !p.seen {
		change = math.NaN()
	}
	if now := p.now(); now.Sub(p.shown) >= every {
		p.shown = now
		line := p.line(m, change)
		if p.tty {
			p.rewrite(line, line)
		} else {
			fmt.Fprintln(p.w, line)
		}
	}
	p.last, p.seen = m.ElboEMA, true
}

// line describes a metric.
func (p *Progress) line(m train.Metric, change float64) string {
	parts := []string{
		"step " + Count(m.Step),
		fmt.Sprintf("epoch %.1f", m.Epoch),
		Rate(m.RowsPerSec) + " rows/s",
		"ELBO " + Elbo(m.ElboEMA),
	}
	if !math.IsNaN(change) {
		parts[3] += fmt.Sprintf(" (%+.2g)", change)
	}
	parts = append(parts, m.State)
	if left := p.budget(m); !math.IsNaN(left) {
		parts = append(parts, "at most "+Seconds(left)+" left")
	}
	return strings.Join(parts, " · ")
}

// Elbo prints a bound in nats with one decimal, or fewer where it is huge.
func Elbo(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	if math.Abs(x) >= 1e7 {
		return Significant(x, 8)
	}
	tenths := int64(math.Round(math.Abs(x) * 10))
	text := Count(tenths/10) + "." + strconv.FormatInt(tenths%10, 10)
	if x < 0 && tenths != 0 {
		text = "-" + text
	}
	return text
}

// rewrite replaces the terminal's line; plain is the text without colours.
func (p *Progress) rewrite(text, plain string) {
	width, _ := Terminal(p.w)
	if width > 1 && utf8.RuneCountInString(plain) >= width {
		text = string([]rune(plain)[:width-1])
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", text)
	p.pending = true
}

// Clear removes the terminal's line so that other text can follow.
func (p *Progress) Clear() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.pending = false
	}
}
