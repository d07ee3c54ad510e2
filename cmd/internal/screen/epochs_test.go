package screen

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

func TestEpochLines(t *testing.T) {
	var out bytes.Buffer
	e := NewEpochs(&out, Style{})
	e.Step(1, 10) // not on files
	e.Images(1, 10)
	e.Line(EpochLine{Epoch: 1, Train: -215.404, Valid: -181.8, KL: 9.3, Recon: -206.1, Active: 18, Latent: 20, Rate: 13536,
		Left: 61})
	e.Line(EpochLine{Epoch: 2, Train: -1e4, Valid: math.NaN(), Recon: -1e4, Active: -1, Latent: 20, Rate: 7,
		Left: math.NaN()})
	e.Clear()
	want := `epoch      train      valid       KL      recon   active   images/s
    1    -215.40    -181.80     9.30    -206.10    18/20      13.5k   61 s left
    2  -10000.00          –     0.00  -10000.00        –          7
`
	if out.String() != want {
		t.Errorf("%q\nwant\n%q", out.String(), want)
	}
	var silent *Epochs
	silent.Line(EpochLine{})
	silent.Step(1, 2)
	silent.Images(1, 2)
	silent.Stage("x")
	silent.Clear()
}

// TestEpochsOnATerminal: the line within an epoch is rewritten, not too often, and gone before the epoch's own.
func TestEpochsOnATerminal(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(100, 0)
	e := &Epochs{w: &out, tty: true, now: func() time.Time { return now }}
	e.Step(25, 1000)
	e.Step(50, 1000)
	now = now.Add(time.Second)
	e.Step(75, 1000)
	e.Step(1000, 1000)
	e.Line(EpochLine{Epoch: 1})
	text := out.String()
	if strings.Contains(text, "step 50") || !strings.Contains(text, "\r\x1b[Kstep 75 of 1,000 …\r\x1b[Kepoch") {
		t.Errorf("%q", text)
	}
}
