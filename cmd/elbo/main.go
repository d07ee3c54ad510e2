// Command elbo fits Bayesian regressions by stochastic variational inference: a formula and
// a file in, a posterior one can trust out.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/screen"
)

func main() { os.Exit(run()) }

// run is the whole program; tests start it as a command of their own.
func run() int {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
	return int(a.main(os.Args[1:]))
}

// app is a call of the tool: its streams and environment.
type app struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) (string, bool)
}

// main runs the command line and tells errors. A panic is a bug of ours and says so.
func (a *app) main(args []string) (code exit.Code) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(a.err, "elbo: internal error: %v\n", p)
			fmt.Fprintf(a.err, "  this is a bug; please report it with the output of `elbo version` "+
				"and the command: elbo %s\n  ELBO_TRACE=1 shows where it happened\n", strings.Join(args, " "))
			if v, ok := a.env("ELBO_TRACE"); ok && v != "" {
				panic(p)
			}
			code = exit.Internal
		}
	}()
	root := a.root()
	root.SetArgs(joinOptional(args))
	err := root.Execute()
	if err == nil {
		return exit.OK
	}
	if silent, ok := err.(ended); ok {
		return exit.Code(silent)
	}
	exit.Tell(a.err, err)
	return exit.Of(err)
}

// joinOptional lets --require-khat take its number as a word of its own: flags whose value may
// be left out otherwise want it after "=".
func joinOptional(args []string) []string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		if args[i] == "--require-khat" && i+1 < len(args) {
			if _, err := strconv.ParseFloat(args[i+1], 64); err == nil {
				out = append(out, args[i]+"="+args[i+1])
				i++
				continue
			}
		}
		out = append(out, args[i])
	}
	return out
}

// ended is the exit code of a run that has said everything already.
type ended exit.Code

// Error names the code.
func (e ended) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// style returns the style of standard output.
func (a *app) style() screen.Style { return screen.StyleFor(a.out, a.env) }

// errStyle returns the style of standard error.
func (a *app) errStyle() screen.Style { return screen.StyleFor(a.err, a.env) }
