package main

import (
	"fmt"
	"strings"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/screen"
)

// writeCards prints the libraries with where they were found, or everywhere they were not, and the
// cards. A build without cards prints nothing.
func writeCards(s *device.Survey, st screen.Style, line func(label, format string, args ...any)) {
	if s == nil {
		return
	}
	for i := range s.Cards {
		c := &s.Cards[i]
		line(c.Name, "%s, compute capability %s, %s, %d multiprocessors, CUDA driver %s", c.Model, c.Capability,
			screen.Bytes(c.Memory), c.Multiprocessors, c.Driver)
		if c.UUID != "" {
			line("", "%s", st.Dim(strings.TrimSpace(c.UUID+"  "+c.PCI)))
		}
	}
	for i := range s.Libraries {
		l := &s.Libraries[i]
		if i > 0 && s.Libraries[0].Problem != "" && l.Problem != "" {
			line(l.Name, "%s", st.Dim(l.Problem+"; without a driver that does not matter"))
			continue
		}
		writeLibrary(l, st, line)
	}
}

// writeLibrary prints one library.
func writeLibrary(l *device.Library, st screen.Style, line func(label, format string, args ...any)) {
	switch {
	case l.Problem == "":
		line(l.Name, "%s", strings.TrimSpace(l.Path+"  "+l.Version))
	default:
		line(l.Name, "%s", st.Warn(l.Problem))
	}
	if len(l.Missing) > 0 {
		line("", "%s", st.Warn("lacks "+strings.Join(l.Missing, ", ")))
	}
	if l.Problem == "" {
		return // where else was looked matters no more
	}
	for _, t := range l.Tried {
		line("", "%s", st.Dim("tried "+t))
	}
}

// cardProblems are the parts of a survey that stop a card from being used although there is one.
func cardProblems(s *device.Survey) []string {
	if s == nil || len(s.Cards) == 0 {
		return nil // no card is no problem: the CPU runs
	}
	var out []string
	for i := range s.Libraries {
		l := &s.Libraries[i]
		if l.Problem != "" {
			out = append(out, fmt.Sprintf("there is a card, but %s cannot be used: %s", l.Name, l.Problem))
		}
	}
	return out
}
