package settings

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/exit"
	"elbo/vi/regress"
)

// options declares one flag of each kind.
func options() (*pflag.FlagSet, *struct {
	name  string
	n     int
	x     float64
	list  []string
	data  string
	force bool
}) {
	o := &struct {
		name  string
		n     int
		x     float64
		list  []string
		data  string
		force bool
	}{}
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.SortFlags = false
	f.StringVar(&o.name, "guide", "auto", "")
	f.IntVar(&o.n, "max-steps", 5, "")
	f.Float64Var(&o.x, "prob", 0.95, "")
	f.StringArrayVar(&o.list, "prior", nil, "")
	f.StringVar(&o.data, "data", "", "")
	f.BoolVar(&o.force, "force", false, "")
	Mark(f, OnlyFlag, "force")
	Mark(f, NotEnv, "data")
	return f, o
}

func env(m map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := m[k]; return v, ok }
}

// TestPrecedence: flag over environment over file over default.
func TestPrecedence(t *testing.T) {
	f, o := options()
	file, err := Parse("c.yaml",
		[]byte("guide: map\nmax_steps: 7\nprob: 0.5\n"+
			"prior: [b=flat(), 'sigma=gamma(1,1)']\ndata: f.csv\n"), Names(f))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Parse([]string{"--prob", "0.8"}); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"ELBO_MAX_STEPS": "9", "ELBO_PROB": "0.1", "ELBO_DATA": "e.csv", "ELBO_FORCE": "true",
		"ELBO_GUIDE": ""}
	r, err := Resolve(f, env(vars), file)
	if err != nil {
		t.Fatal(err)
	}
	if o.x != 0.8 || o.n != 9 || o.name != "map" || o.data != "f.csv" || o.force ||
		strings.Join(o.list, "|") != "b=flat()|sigma=gamma(1,1)" {
		t.Errorf("resolved %+v", *o)
	}
	for name, want := range map[string]Origin{"prob": FromFlag, "max-steps": FromEnv, "guide": FromFile,
		"force": FromDefault} {
		if r.Origins[name] != want {
			t.Errorf("%s comes from %s, want %s", name, r.Origins[name], want)
		}
	}
}

// TestWriteReadsBack: the printed options give the same options, whatever the texts hold.
func TestWriteReadsBack(t *testing.T) {
	nasty := []string{"y ~ x", "yes", "1e3", "null", "~", "a: b", "# no", "it's \"quoted\"", " lead", "line\nbreak",
		"ünïcode", "{}", "[1]"}
	for _, text := range nasty {
		f, _ := options()
		if err := f.Parse([]string{"--guide", text, "--prior", text, "--max-steps", "3"}); err != nil {
			t.Fatal(err)
		}
		r, err := Resolve(f, env(nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := r.Write(&out); err != nil {
			t.Fatal(err)
		}
		f2, o2 := options()
		file, err := Parse("out.yaml", out.Bytes(), Names(f2))
		if err != nil {
			t.Fatalf("%q: %v\n%s", text, err, out.String())
		}
		if _, err := Resolve(f2, env(nil), file); err != nil {
			t.Fatal(err)
		}
		if o2.name != text || strings.TrimSpace(o2.list[0]) != strings.TrimSpace(text) || o2.n != 3 {
			t.Errorf("%q became %q and %q\n%s", text, o2.name, o2.list, out.String())
		}
	}
}

// TestFaultyFiles: exit code 78, with the place.
func TestFaultyFiles(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"unknown key":     {"gide: map\n", `c.yaml:1: the configuration file has the unknown key "gide"`},
		"list":            {"- a\n", "must be a list of key: value lines"},
		"scalar":          {"hello\n", "must be a list of key: value lines"},
		"syntax":          {"a: [1\n", "is not YAML"},
		"twice":           {"prob: 1\nprob: 2\n", ""},
		"twice, spelling": {"max-steps: 1\nmax_steps: 2\n", `sets "max-steps" twice`},
		"alias":           {"guide: &a map\ndata: *a\n", "alias"},
		"version":         {"schema_version: 7\n", "schema_version"},
		"list for one":    {"guide: [a, b]\n", "a list where one value belongs"},
		"wrong type":      {"max-steps: lots\n", "c.yaml:1"},
		"nested list":     {"prior: [[a]]\n", "nested"},
		"nested map":      {"prior: {b: {c: d}}\n", "nested"},
		"two documents":   {"prob: 0.5\n---\nprob: 0.6\n", "more than one"},
		"odd key":         {"[a]: b\n", "plain name"},
		"only a flag":     {"force: true\n", "unknown key"},
		"huge":            {strings.Repeat("#", maxFileBytes+2), "1 MiB"},
		"tabs":            {"\tprob: 1\n", "is not YAML"},
		"null byte":       {"prob: \x00\n", "is not YAML"},
	} {
		f, _ := options()
		file, err := Parse("c.yaml", []byte(c.text), Names(f))
		if err == nil {
			_, err = Resolve(f, env(nil), file)
		}
		if err == nil || exit.Of(err) != exit.Config || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q with code 78", name, err, c.want)
		}
	}
	for _, text := range []string{"", "# nothing\n", "---\n", "prob:\n"} {
		f, o := options()
		file, err := Parse("c.yaml", []byte(text), Names(f))
		if err == nil {
			_, err = Resolve(f, env(nil), file)
		}
		if err != nil || o.x != 0.95 {
			t.Errorf("%q: %v, prob %v", text, err, o.x)
		}
	}
}

// TestBlame: an option that regress refuses is the file's fault only if it came from there.
func TestBlame(t *testing.T) {
	f, _ := options()
	file, err := Parse("c.yaml", []byte("prob: 0.5\nguide: nope\n"), Names(f))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Resolve(f, env(nil), file)
	if err != nil {
		t.Fatal(err)
	}
	refused := &regress.OptionError{Option: "guide", Value: "nope", Problem: "is not known", Hint: "try auto"}
	if err := r.Blame(refused); exit.Of(err) != exit.Config || !strings.Contains(err.Error(), "c.yaml:2") {
		t.Errorf("blamed %v", err)
	}
	if err := r.Blame(&regress.OptionError{Option: "max-steps"}); exit.Of(err) != exit.Usage {
		t.Errorf("a default is blamed on the file: %v", err)
	}
	if r.Blame(nil) != nil {
		t.Error("nothing is blamed")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("guide: map\nprior: {b: normal(0,1)}\n")
	f.Add("prior: [a, b]\nmax_steps: 1e3\n")
	f.Fuzz(func(t *testing.T, text string) {
		fs, _ := options()
		file, err := Parse("c.yaml", []byte(text), Names(fs))
		if err == nil {
			_, err = Resolve(fs, env(nil), file)
		}
		if err != nil && exit.Of(err) != exit.Config {
			t.Errorf("%q: exit code %d: %v", text, exit.Of(err), err)
		}
	})
}

// TestNestedValues: the option of a nested key is its YAML text, on one line.
func TestNestedValues(t *testing.T) {
	const text = "layers:\n- layer: conv2d # first\n  kernel: [3, 3]\n- {layer: relu}\n"
	fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
	layers := fs.String("layers", "", "")
	for _, c := range []struct {
		text string
		want string
	}{
		{text, "[{layer: conv2d, kernel: [3, 3]}, {layer: relu}]"}, {"layers: '[{layer: relu}]'\n", "[{layer: relu}]"},
	} {
		f, err := Parse("c.yaml", []byte(c.text), Names(fs), "layers")
		if err != nil {
			t.Fatal(err)
		}
		*layers = ""
		if _, err := Resolve(fs, env(nil), f); err != nil {
			t.Fatal(err)
		}
		if *layers != c.want {
			t.Errorf("%q, want %q", *layers, c.want)
		}
	}
	if _, err := Parse("c.yaml", []byte(text), Names(fs)); err == nil {
		t.Error("a nested value is taken where none was announced")
	}
}
