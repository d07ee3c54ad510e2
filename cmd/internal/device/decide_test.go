package device

import (
	"errors"
	"strings"
	"testing"
	"time"

	"elbo/kernels"
	"elbo/kernels/ref"
)

// named is a device with a name and a trace of having been closed.
type named struct {
	kernels.Device
	name   string
	closed int
}

func (n *named) Report() kernels.Report { return kernels.Report{Name: n.name} }

func (n *named) Close() error {
	n.closed++
	return n.Device.Close()
}

func TestDecide(t *testing.T) {
	times := func(cpu, card time.Duration) func(kernels.Device) (time.Duration, error) {
		return func(d kernels.Device) (time.Duration, error) {
			if IsCard(d.Report()) {
				return card, nil
			}
			return cpu, nil
		}
	}
	fails := func(kernels.Device) (time.Duration, error) { return 0, errors.New("it burns") }
	for _, c := range []struct {
		name      string
		job       Job
		openErr   error
		want, why string
		surprise  bool
	}{
		{"little work", Job{Flops: 1e6, Trial: fails}, nil, "cpu", "little work", false},
		{"large work", Job{Flops: 1e15}, nil, "cuda:0", "large job", false},
		{"faster card", Job{Flops: 1e15, Trial: times(90*time.Microsecond, 7*time.Microsecond)}, nil, "cuda:0", "7µs on cuda:0", true},
		{"faster cpu", Job{Flops: 1e15, Trial: times(3*time.Microsecond, 7*time.Microsecond)}, nil, "cpu", "3µs on cpu", true},
		{"little by time", Job{Steps: 1000, Trial: times(time.Microsecond, 0)}, nil, "cpu", "little work (about 1ms)", false},
		{"much by time", Job{Steps: 1e20, Trial: times(time.Second, time.Millisecond)}, nil, "cuda:0", "1ms on cuda:0", true},
		{"card in use", Job{Flops: 1e15}, errors.New("occupied"), "cpu", "cannot be used: occupied", true},
	} {
		cpu, card := &named{ref.Open(), "cpu", 0}, &named{ref.Open(), "cuda:0", 0}
		opened := 0
		o := Opened{Device: cpu, rival: &rival{label: "cuda:0 (a card)", open: func() (kernels.Device, error) {
			if c.openErr != nil {
				return nil, c.openErr
			}
			opened++
			return card, nil
		}}}
		if err := o.Decide(c.job); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if o.Report().Name != c.want || !strings.Contains(o.Why, c.why) || o.Surprise != c.surprise || o.Undecided() {
			t.Errorf("%s: chose %s because %q (surprise %t)", c.name, o.Report().Name, o.Why, o.Surprise)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
		if cpu.closed != 1 || card.closed != opened {
			t.Errorf("%s: the CPU is closed %d times, the card %d times of %d", c.name, cpu.closed, card.closed, opened)
		}
	}
}

// TestDecideFailedTrial: a card on which the program fails is left alone, a CPU on which it fails is an error.
func TestDecideFailedTrial(t *testing.T) {
	for _, broken := range []string{"cuda:0", "cpu"} {
		card := &named{ref.Open(), "cuda:0", 0}
		o := Opened{Device: &named{ref.Open(), "cpu", 0}, rival: &rival{label: "cuda:0",
			open: func() (kernels.Device, error) { return card, nil }}}
		err := o.Decide(Job{Flops: 1e15, Trial: func(d kernels.Device) (time.Duration, error) {
			if d.Report().Name == broken {
				return 0, errors.New("it burns")
			}
			return time.Microsecond, nil
		}})
		if (err != nil) != (broken == "cpu") || o.Report().Name != "cpu" || card.closed != 1 {
			t.Errorf("broken %s: error %v, chose %s, the card was closed %d times", broken, err, o.Report().Name, card.closed)
		}
		if broken != "cpu" && (!o.Surprise || !strings.Contains(o.Why, "it burns")) {
			t.Errorf("the failure is not told: %q", o.Why)
		}
	}
}

func TestRound(t *testing.T) {
	for in, want := range map[time.Duration]time.Duration{
		123456 * time.Nanosecond: 123 * time.Microsecond, 999: 999, 5 * time.Second: 5 * time.Second, 0: 0,
		1234567890: 1230 * time.Millisecond,
	} {
		if got := round(in); got != want {
			t.Errorf("round(%v) = %v, want %v", in, got, want)
		}
	}
}
