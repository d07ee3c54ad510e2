//go:build elbo_cuda && linux

package device

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"elbo/cmd/internal/exit"
	"elbo/kernels"
	"elbo/kernels/cuda"
	"elbo/kernels/cuda/probe"
)

// openCard opens a CUDA device by name, which is "cuda" or "cuda:" and a number.
func openCard(name, index string, indexed bool, o Options) (Opened, error) {
	i := 0
	if indexed {
		n, err := strconv.Atoi(index)
		if err != nil || n < 0 {
			return Opened{}, exit.Usagef("for example --device cuda:0", "--device %s: %q is not the number of a device", name, index)
		}
		i = n
	}
	d, err := cuda.Open(cuda.Options{Index: i, TF32: o.MatMul == "tf32", Streams: o.Streams})
	if err != nil {
		return Opened{}, cardError(name, err)
	}
	return Opened{Device: d}, nil
}

// cardError tells why a card asked for by name cannot be used, what was looked at, and what to do.
func cardError(name string, err error) error {
	e := &exit.Error{Code: exit.Unavailable, Msg: fmt.Sprintf("--device %s: %s", name, plain(err)),
		Hint: "elbo doctor shows devices and libraries; --device cpu runs without a card"}
	switch {
	case errors.Is(err, kernels.ErrOutOfMemory):
		e.Code = exit.Memory
		e.Hint = "other processes hold the card's memory (see nvidia-smi); free some, choose another card as cuda:1, " +
			"or use --device cpu"
		return e
	case errors.Is(err, kernels.ErrDeviceLost):
		e.Code = exit.Retry
		e.Hint = "the card is in a bad state; try again, reset it (nvidia-smi --gpu-reset), or use --device cpu"
		return e
	}
	libraries, _, _ := cuda.Survey() // err says why there are no cards
	var looked []string
	for i := range libraries {
		looked = append(looked, lookedAt(&libraries[i]))
	}
	e.Hint = strings.Join(append(looked, e.Hint), "\n")
	return e
}

// lookedAt says in one line what came of a library.
func lookedAt(l *cuda.Library) string {
	switch {
	case l.Err == nil && len(l.Missing) > 0:
		return fmt.Sprintf("%s: %s %s, which lacks %s", l.Name, l.Path, l.Version, strings.Join(l.Missing, ", "))
	case l.Err == nil:
		return fmt.Sprintf("%s: %s %s", l.Name, l.Path, l.Version)
	case l.Path != "":
		return fmt.Sprintf("%s: %s cannot be used", l.Name, l.Path)
	}
	return fmt.Sprintf("%s: not found in %d places (elbo doctor lists them)", l.Name, len(l.Tried))
}

// plain drops the names of packages from an error: users know libraries and cards.
func plain(err error) string {
	return strings.NewReplacer("cuda: ", "", "load: ", "", "driver: ", "", "cublas: ", "", "nvrtc: ", "").Replace(err.Error())
}

// findRival finds the first card.
func findRival(o Options) (card *rival, why string) {
	_, cards, err := cuda.Survey()
	if err != nil {
		return nil, plain(err)
	}
	return &rival{
		label: fmt.Sprintf("cuda:0 (%s)", cards[0].Name),
		open:  func() (kernels.Device, error) { return cuda.Open(cuda.Options{TF32: o.MatMul == "tf32"}) },
	}, "a small or unmeasured job stays here"
}

// CardCopyRate returns the bytes a second, read plus written, that a card copies in its own memory.
func CardCopyRate(name string) (float64, error) {
	index := 0
	if _, n, ok := strings.Cut(name, ":"); ok {
		var err error
		if index, err = strconv.Atoi(n); err != nil {
			return 0, fmt.Errorf("device: copy rate of %s: %w", name, err)
		}
	}
	return probe.CopyRate(index)
}

// Look surveys libraries and cards.
func Look() *Survey {
	libraries, cards, err := cuda.Survey()
	s := &Survey{Libraries: []Library{}, Cards: []Card{}}
	if err != nil {
		s.Problem = plain(err)
	}
	for i := range libraries {
		l := &libraries[i]
		out := Library{Name: l.Name, Path: l.Path, Version: l.Version,
			Missing: append([]string{}, l.Missing...), Tried: append([]string{}, l.Tried...)}
		if l.Err != nil {
			out.Problem = plain(l.Err)
		}
		s.Libraries = append(s.Libraries, out)
	}
	for _, c := range cards {
		s.Cards = append(s.Cards, Card{
			Name: fmt.Sprintf("cuda:%d", c.Index), Model: c.Name, Capability: fmt.Sprintf("%d.%d", c.Major, c.Minor),
			Memory: c.Memory, Multiprocessors: c.SMs, Driver: c.Driver, UUID: c.UUID, PCI: c.PCI, L2: c.L2,
			SharedMemory: c.SharedOptIn, Cooperative: c.Cooperative,
		})
	}
	return s
}
