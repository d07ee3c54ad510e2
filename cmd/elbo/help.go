package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// groupKey annotates a flag with the heading it stands under in help texts.
const groupKey = "elbo-group"

// group puts flags under a heading of the help text, in the order given.
func group(fs *pflag.FlagSet, title string, names ...string) {
	for _, n := range names {
		if err := fs.SetAnnotation(n, groupKey, []string{title}); err != nil {
			panic(err) // a name that was never declared
		}
	}
}

// layoutHelp gives the command and its children our help layout.
func layoutHelp(c *cobra.Command) {
	c.Flags().SortFlags = false
	c.SetUsageFunc(func(c *cobra.Command) error {
		_, err := fmt.Fprint(c.OutOrStderr(), usage(c))
		return err
	})
	c.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := strings.TrimSpace(c.Long)
		if text == "" {
			text = c.Short
		}
		fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", text, usage(c))
	})
}

// usage prints the usage line, subcommands and flags under their headings.
func usage(c *cobra.Command) string {
	var b strings.Builder
	line := c.UseLine()
	if !c.Runnable() || c.HasAvailableSubCommands() {
		line = c.CommandPath() + " COMMAND"
	}
	fmt.Fprintf(&b, "Usage:\n  %s\n", line)
	writeCommands(&b, c)
	c.InitDefaultHelpFlag()
	var titles []string
	groups := map[string][]*pflag.Flag{}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		title := "Flags"
		if a := f.Annotations[groupKey]; len(a) > 0 {
			title = a[0]
		}
		if f.Name == "help" && len(titles) > 1 {
			title = "Other"
		}
		if f.Hidden {
			return
		}
		if groups[title] == nil {
			titles = append(titles, title)
		}
		groups[title] = append(groups[title], f)
	})
	width := 0
	for _, t := range titles {
		for _, f := range groups[t] {
			width = max(width, len(flagName(f)))
		}
	}
	for _, t := range titles {
		fmt.Fprintf(&b, "\n%s:\n", t)
		for _, f := range groups[t] {
			writeFlag(&b, f, min(width, 30))
		}
	}
	return b.String()
}

func writeCommands(b *strings.Builder, c *cobra.Command) {
	list := func(id, title string) {
		first := true
		for _, s := range c.Commands() {
			if s.GroupID != id || (!s.IsAvailableCommand() && s.Name() != "help") {
				continue
			}
			if first {
				fmt.Fprintf(b, "\n%s\n", title)
				first = false
			}
			fmt.Fprintf(b, "  %-13s %s\n", s.Name(), s.Short)
		}
	}
	for _, g := range c.Groups() {
		list(g.ID, g.Title)
	}
	list("", "Commands:")
	first := true
	for _, s := range c.Commands() {
		if !s.IsAdditionalHelpTopicCommand() {
			continue
		}
		if first {
			fmt.Fprintf(b, "\nMore to read with %s help TOPIC:\n", c.Root().Name())
			first = false
		}
		fmt.Fprintf(b, "  %-13s %s\n", s.Name(), s.Short)
	}
}

// flagName is the left column: "-q, --quiet", "    --seed N".
func flagName(f *pflag.Flag) string {
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	kind, _ := pflag.UnquoteUsage(f)
	if kind != "" {
		name += " " + kind
	}
	return name
}

// writeFlag prints one flag; the help text is wrapped at 100 columns.
func writeFlag(b *strings.Builder, f *pflag.Flag, width int) {
	_, text := pflag.UnquoteUsage(f)
	if d := f.DefValue; d != "" && d != "false" && d != "0" && d != "[]" && d != "0s" {
		text += fmt.Sprintf(" (default %s)", d)
	}
	name := flagName(f)
	fmt.Fprintf(b, "  %-*s  ", width, name)
	if len(name) > width {
		fmt.Fprintf(b, "\n  %-*s  ", width, "")
	}
	const line = 100
	room, used := line-width-4, 0
	for _, word := range strings.Fields(text) {
		if used > 0 && used+1+len(word) > room {
			fmt.Fprintf(b, "\n  %-*s  ", width, "")
			used = 0
		}
		if used > 0 {
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	b.WriteByte('\n')
}

// choices completes the value of a flag in shells.
func choices(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag,
		cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // a name that was never declared, or given twice
	}
}
