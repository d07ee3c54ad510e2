//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"testing"

	"golang.org/x/sys/unix"
)

// onTerminal runs a call with standard output and error on a pseudo-terminal of 100 columns
// and returns all that the terminal received.
func onTerminal(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	defer master.Close()
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}); err != nil {
		t.Fatal(err)
	}
	c := command(t, dir, args...)
	c.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	c.Stdout, c.Stderr = tty, tty
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	tty.Close()
	var text bytes.Buffer
	_, _ = io.Copy(&text, master) // ends with EIO when the last writer is gone
	if err := c.Wait(); err != nil {
		t.Fatalf("elbo %v: %v\n%s", args, err, text.String())
	}
	return text.String()
}

// TestTerminal: one rewritten line while training, colours in the result, and none of the
// latter where NO_COLOR or TERM=dumb ask for it.
func TestTerminal(t *testing.T) {
	dir := generated(t, "3000")
	busy := append([]string{"fit", "--data", "d.csv", "--formula", "y ~ x1", "--max-time", "700ms"}, endless...)
	got := onTerminal(t, dir, nil, busy...)
	for _, want := range []string{
		`\r\x1b\[Kstep [0-9,]+ · epoch [0-9.]+ · \S+ rows/s · ELBO -[0-9,.]+ `,
		`\r\x1b\[K\x1b\[1;31mNOT CONVERGED`, `\x1b\[1mPopulation-Level Effects\x1b\[0m`,
	} {
		if !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("the terminal did not see %s:\n%q", want, got)
		}
	}
	for _, line := range regexp.MustCompile(`[\r\n]`).Split(got, -1) {
		if text := regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`).ReplaceAllString(line, ""); len([]rune(text)) >= 100 &&
			regexp.MustCompile(`^step `).MatchString(text) {
			t.Errorf("a progress line is as wide as the terminal: %q", text)
		}
	}
	for _, env := range []string{"NO_COLOR=1", "TERM=dumb"} {
		got := onTerminal(t, dir, []string{env}, "fit", "--data", "d.csv", "--formula", "y ~ x1")
		if regexp.MustCompile(`\x1b\[[0-9;]*m`).MatchString(got) {
			t.Errorf("%s: colours in\n%q", env, got)
		}
	}
}
