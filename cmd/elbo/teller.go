package main

import (
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
)

// remarkFlags say how much a command tells beside its result.
type remarkFlags struct{ quiet, verbose bool }

func (o *remarkFlags) declare(f *pflag.FlagSet) {
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but the result and errors")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "tell what is done, what was found and why")
}

func (o *remarkFlags) check() error {
	if o.quiet && o.verbose {
		return exit.Usagef("use one of them", "--quiet and --verbose contradict each other")
	}
	return nil
}

// teller prints remarks to standard error, in place of the line of progress if there is one.
type teller struct {
	to    io.Writer
	level *remarkFlags
	line  interface{ Clear() } // nil for none; set before signals can arrive
}

// clear removes the line of progress.
func (t *teller) clear() {
	if t.line != nil {
		t.line.Clear()
	}
}

// say prints a remark, unless --quiet.
func (t *teller) say(format string, args ...any) {
	if !t.level.quiet {
		t.clear()
		fmt.Fprintf(t.to, format+"\n", args...)
	}
}

// detail prints a remark with --verbose only.
func (t *teller) detail(format string, args ...any) {
	if t.level.verbose {
		t.say(format, args...)
	}
}

// notes prints what reading a file came upon.
func (t *teller) notes(notes []string) {
	for _, n := range notes {
		t.say("note: %s", n)
	}
}
