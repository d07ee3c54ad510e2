package settings

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/pflag"
	"gopkg.in/yaml.v3"

	"elbo/cmd/internal/exit"
	"elbo/vi/regress"
)

// Origin says where an option's value came from.
type Origin string

// The origins, the strongest first.
const (
	FromFlag    Origin = "flag"
	FromEnv     Origin = "environment"
	FromFile    Origin = "file"
	FromDefault Origin = "default"
)

// Annotations of flags.
const (
	// OnlyFlag marks flags that are about one call (what to print, how to treat the output
	// directory) and have no place in a file or the environment.
	OnlyFlag = "elbo-only-flag"
	// NotEnv marks flags that name inputs and outputs, which the environment must not change.
	NotEnv = "elbo-not-env"
)

// Resolved is the result of Resolve.
type Resolved struct {
	flags   *pflag.FlagSet
	Origins map[string]Origin
	file    *File
}

// Mark annotates flags.
func Mark(fs *pflag.FlagSet, annotation string, names ...string) {
	for _, n := range names {
		if err := fs.SetAnnotation(n, annotation, []string{"true"}); err != nil {
			panic(err) // a name that was never declared: found by any test that builds the command
		}
	}
}

// Names lists the options a file may set, in order of declaration.
func Names(fs *pflag.FlagSet) []string {
	var names []string
	fs.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Annotations[OnlyFlag] == nil {
			names = append(names, f.Name)
		}
	})
	return names
}

// EnvName returns the environment variable of an option.
func EnvName(option string) string {
	return "ELBO_" + strings.ToUpper(strings.ReplaceAll(option, "-", "_"))
}

// Resolve fills flags that were not given from the environment and the file (which may be nil).
func Resolve(fs *pflag.FlagSet, env func(string) (string, bool), file *File) (*Resolved, error) {
	r := &Resolved{flags: fs, Origins: map[string]Origin{}, file: file}
	var errs []error
	fs.VisitAll(func(f *pflag.Flag) {
		if err := r.resolve(f, env); err != nil {
			errs = append(errs, err)
		}
	})
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return r, nil
}

func (r *Resolved) resolve(f *pflag.Flag, env func(string) (string, bool)) error {
	r.Origins[f.Name] = FromDefault
	if f.Changed {
		r.Origins[f.Name] = FromFlag
		return nil
	}
	if f.Annotations[OnlyFlag] != nil || f.Name == "help" {
		return nil
	}
	if f.Annotations[NotEnv] == nil {
		if text, ok := env(EnvName(f.Name)); ok && text != "" {
			r.Origins[f.Name] = FromEnv
			texts := []string{text}
			if _, list := f.Value.(pflag.SliceValue); list {
				texts = strings.Split(text, ";")
			}
			if err := set(f, texts); err != nil {
				return &exit.Error{Code: exit.Usage,
					Msg: fmt.Sprintf("%s=%q in the environment", EnvName(f.Name), text), Err: err}
			}
			return nil
		}
	}
	if r.file == nil {
		return nil
	}
	v, ok := r.file.values[f.Name]
	if !ok {
		return nil
	}
	r.Origins[f.Name] = FromFile
	if _, list := f.Value.(pflag.SliceValue); v.list && !list {
		return r.file.fault(v.line, "", fmt.Sprintf("gives %q a list where one value belongs", f.Name))
	}
	if err := set(f, v.texts); err != nil {
		return r.file.fault(v.line, "", fmt.Sprintf("gives %q a wrong value: %v", f.Name, err))
	}
	return nil
}

// set gives a flag its value or values.
func set(f *pflag.Flag, texts []string) error {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		trimmed := make([]string, len(texts))
		for i, t := range texts {
			trimmed[i] = strings.TrimSpace(t)
		}
		return list.Replace(trimmed)
	}
	return f.Value.Set(strings.Join(texts, ""))
}

// Blame gives an option error the exit code of its origin: a value from the file is the file's fault.
func (r *Resolved) Blame(err error) error {
	var opt *regress.OptionError
	if r == nil || !errors.As(err, &opt) || r.Origins[opt.Option] != FromFile {
		return err
	}
	v := r.file.values[opt.Option]
	return r.file.fault(v.line, opt.Hint, fmt.Sprintf("gives %s %q, which %s", opt.Option, opt.Value, opt.Problem))
}

// Each visits the options a file may set, in order of declaration.
func (r *Resolved) Each(visit func(f *pflag.Flag, from Origin)) {
	r.flags.VisitAll(func(f *pflag.Flag) {
		if f.Annotations[OnlyFlag] == nil && f.Name != "help" {
			visit(f, r.Origins[f.Name])
		}
	})
}

// Write prints the resolved options as a configuration file.
func (r *Resolved) Write(w io.Writer) error {
	doc := &yaml.Node{Kind: yaml.MappingNode}
	add := func(key string, value *yaml.Node) {
		doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, value)
	}
	add(versionKey, &yaml.Node{Kind: yaml.ScalarNode, Value: fmt.Sprint(Version)})
	r.Each(func(f *pflag.Flag, _ Origin) {
		if list, ok := f.Value.(pflag.SliceValue); ok {
			seq := &yaml.Node{Kind: yaml.SequenceNode}
			if len(list.GetSlice()) == 0 {
				seq.Style = yaml.FlowStyle
			}
			for _, s := range list.GetSlice() {
				seq.Content = append(seq.Content, text(s))
			}
			add(f.Name, seq)
			return
		}
		value := &yaml.Node{Kind: yaml.ScalarNode, Value: f.Value.String()}
		if f.Value.Type() == "string" {
			value = text(f.Value.String())
		}
		add(f.Name, value)
	})
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	return enc.Close()
}

// text returns a string node; the encoder quotes what would read as something else.
func text(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	return n
}
