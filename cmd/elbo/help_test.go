package main

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite golden files")

// commands visits a command and all below it.
func commands(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, s := range c.Commands() {
		if s.Name() != "completion" && s.Name() != "help" {
			commands(s, visit)
		}
	}
}

// TestHelpTexts compares the help of every command with the golden file; -update rewrites it.
func TestHelpTexts(t *testing.T) {
	var out bytes.Buffer
	a := &app{in: os.Stdin, out: &out, err: &out, env: func(string) (string, bool) { return "", false }}
	commands(a.root(), func(c *cobra.Command) {
		out.WriteString("# " + c.CommandPath() + "\n")
		if err := c.Help(); err != nil {
			t.Fatal(err)
		}
		out.WriteString("\n")
	})
	const golden = "testdata/help.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("help texts changed; look at them and run go test ./cmd/elbo -run TestHelpTexts -update\n%s",
			out.String())
	}
	for i, line := range strings.Split(out.String(), "\n") {
		if n := utf8.RuneCountInString(line); n > 104 {
			t.Errorf("line %d of the help texts has %d columns: %s", i+1, n, line)
		}
	}
}

// TestEveryFlagIsExplained: a help text for each, and a name for the value of each that takes one.
func TestEveryFlagIsExplained(t *testing.T) {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.LookupEnv}
	commands(a.root(), func(c *cobra.Command) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: short help %q", c.CommandPath(), c.Short)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			name, text := pflag.UnquoteUsage(f)
			if len(text) < 10 && f.Name != "help" {
				t.Errorf("%s --%s: help %q", c.CommandPath(), f.Name, text)
			}
			if f.Value.Type() != "bool" && (name == "" || name != strings.ToUpper(name)) {
				t.Errorf("%s --%s: its value has no name in the help", c.CommandPath(), f.Name)
			}
		})
	})
}
