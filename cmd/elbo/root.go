package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/data"
)

// root builds the command tree.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "elbo",
		Short: "Stochastic variational inference: Bayesian regression, variational autoencoders",
		Long: `elbo fits Bayesian regressions: a formula and a file in, a posterior out, with a
diagnosis of whether to trust it. Start with

  elbo demo
  elbo fit --data flights.csv.gz --family gaussian --formula 'arr_delay ~ dep_delay + origin' --out run
  elbo summary run
  elbo predict run --data new.csv

It also trains variational autoencoders on images: elbo vae --help.`,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddGroup(&cobra.Group{ID: "model", Title: "Fit and use models:"},
		&cobra.Group{ID: "data", Title: "Data:"}, &cobra.Group{ID: "tool", Title: "About this program:"})
	root.SetHelpCommandGroupID("tool")
	root.SetCompletionCommandGroupID("tool")
	root.AddCommand(a.fitCommand(), a.summaryCommand(), a.predictCommand(), a.vaeCommand(), a.dataCommand(),
		a.demoCommand(), a.benchCommand(),
		a.versionCommand(), a.doctorCommand())
	root.AddCommand(topics()...)
	root.Version = version
	root.SetVersionTemplate(buildInfo().String() + "\n")
	layoutHelp(root)
	root.SetHelpCommand(helpCommand())
	root.InitDefaultCompletionCmd()
	strictCompletion(root)
	return root
}

// helpCommand tells about a command or a topic; one that does not exist is a usage error.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND or TOPIC]", Short: "Help about any command or topic", GroupID: "tool",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(about, rest[0])
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			about, _, err := c.Root().Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, s := range about.Commands() {
				names = append(names, s.Name())
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

// strictCompletion has the commands that cobra makes for completion refuse what they do not know.
func strictCompletion(root *cobra.Command) {
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args, c.RunE = cobra.ArbitraryArgs, func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return unknownCommand(c, args[0])
		}
		for _, shell := range c.Commands() {
			shell.Args = noArgs
		}
	}
}

// unknownCommand suggests the nearest command.
func unknownCommand(c *cobra.Command, name string) error {
	var names []string
	for _, s := range c.Commands() {
		if s.IsAvailableCommand() {
			names = append(names, s.Name())
		}
	}
	what := "command"
	if c.HasParent() {
		what = "command of " + c.CommandPath()
	}
	return exit.Unknown(what, name, names)
}

// flagError tells a wrong flag with the nearest one there is.
func flagError(c *cobra.Command, err error) error {
	hint := "usage: " + c.UseLine() + "; see " + c.CommandPath() + " --help"
	if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if n := data.Nearest(name, names); n != "" {
			hint = "did you mean --" + n + "? " + hint
		}
	}
	return &exit.Error{Code: exit.Usage, Msg: err.Error(), Hint: hint}
}

// noArgs refuses arguments.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return exit.Usagef("see "+c.CommandPath()+" --help", "%s takes no argument, got %q", c.CommandPath(), args[0])
}

// atLeastOne wants arguments of a name.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return exit.Usagef("usage: "+c.UseLine(), "%s wants %s", c.CommandPath(), name)
	}
}

// argNames wants exactly the named arguments.
func argNames(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return exit.Usagef("usage: "+c.UseLine(), "%s wants %s", c.CommandPath(),
				strings.Join(names[len(args):], " and "))
		case len(args) > len(names):
			return exit.Usagef("usage: "+c.UseLine(), "%s: too many arguments, from %q on", c.CommandPath(),
				args[len(names)])
		}
		return nil
	}
}
