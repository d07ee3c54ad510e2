package screen

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"

	"elbo/vi/train"
)

func TestNumbers(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct{ got, want string }{
		{Fixed(1.23456, 3), "1.235"}, {Fixed(-0.0001, 2), "0.00"}, {Fixed(nan, 2), "–"}, {Fixed(-inf, 2), "−Inf"},
		{Fixed(1e12, 0), "1.00e+12"}, {Fixed(0, 2), "0.00"},
		{Small(0.0012345), "0.0012"}, {Small(4.56e-6), "4.6e-6"}, {Small(0), "–"}, {Small(nan), "–"},
		{Small(3e-12), "3e-12"},
		{Count(0), "0"}, {Count(999), "999"}, {Count(1000), "1,000"}, {Count(-1234567), "-1,234,567"},
		{Rate(812), "812"}, {Rate(24512), "24.5k"}, {Rate(3.14e6), "3.1M"}, {Rate(inf), "–"},
		{Bytes(512), "512 B"}, {Bytes(1536), "1.5 KiB"}, {Bytes(3 << 30), "3.0 GiB"},
		{Seconds(0.84), "0.8 s"}, {Seconds(41.2), "41 s"}, {Seconds(200), "3 min 20 s"}, {Seconds(7500), "2 h 5 min"},
		{Seconds(nan), "–"},
		{Elbo(-1402838.94), "-1,402,838.9"}, {Elbo(-0.04), "0.0"}, {Elbo(-0.96), "-1.0"},
		{Elbo(3.25), "3.3"}, {Elbo(nan), "–"},
		{Elbo(-2.34567891e9), "-2.3456789e+09"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestDecimals: two digits of the spread are seen.
func TestDecimals(t *testing.T) {
	for sd, want := range map[float64]int{0.0123: 3, 0.15: 2, 1.5: 1, 15: 0, 1500: 0, 0.00078: 5, 0: 3, 1e-30: 8} {
		if got := Decimals(sd); got != want {
			t.Errorf("Decimals(%v) = %d, want %d", sd, got, want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	tab := Table{Head: []string{"", "Mean", "Note", "MCSE"}, Text: map[int]bool{2: true}, Right: map[int]bool{3: true}}
	tab.Add("b_x", "1.25", "ok", "4.5e-6")
	tab.Add("b_длина", "-10", "far away", "0.01")
	var out bytes.Buffer
	if err := tab.Write(&out, Style{}, 2); err != nil {
		t.Fatal(err)
	}
	want := strings.Join([]string{
		"             Mean  Note        MCSE",
		"  b_x        1.25  ok        4.5e-6",
		"  b_длина  -10     far away    0.01", "",
	}, "\n")
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

// TestLogLines: something that is no terminal gets a full line every ten seconds, and no escape.
func TestLogLines(t *testing.T) {
	var out bytes.Buffer
	p := NewProgress(&out, Style{}, false, func(train.Metric) float64 { return 90 })
	clock := time.Unix(0, 0)
	p.now, p.shown = func() time.Time { return clock }, clock
	for i := range 25 {
		p.Stage("training")
		p.Metric(train.Metric{Step: int64(100 * i), Epoch: 1.5, ElboEMA: -1000 + float64(i), RowsPerSec: 2e5,
			State: "settling"})
		clock = clock.Add(time.Second)
	}
	p.Clear()
	want := "step 1,000 · epoch 1.5 · 200.0k rows/s · ELBO -990.0 (+1) · settling · at most 90 s left\n" +
		"step 2,000 · epoch 1.5 · 200.0k rows/s · ELBO -980.0 (+1) · settling · at most 90 s left\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	var none *Progress
	none.Stage("x")
	none.Metric(train.Metric{})
	none.Clear()
}

func TestColoursNeedATerminal(t *testing.T) {
	env := func(string) (string, bool) { return "", false }
	if s := StyleFor(new(bytes.Buffer), env); s.Bold("x") != "x" {
		t.Error("a buffer gets colours")
	}
	if s := (Style{on: true}); s.Bad("x") != "\x1b[1;31mx\x1b[0m" || s.Bold("") != "" {
		t.Error("colours are wrong")
	}
}
