package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"elbo/cmd/internal/exit"
	"elbo/data"
)

// Version is the schema version of configuration files.
const Version = 1

const versionKey = "schema_version"

// maxFileBytes bounds a configuration file.
const maxFileBytes = 1 << 20

// File is a configuration file: values by option name.
type File struct {
	Path   string
	values map[string]fileValue
}

type fileValue struct {
	texts []string // one, or several for a list
	list  bool
	line  int
}

// ReadFile reads a configuration file, whose keys must be among the names. Values of the nested
// ones may be lists of mappings; their option is the YAML text of the value.
func ReadFile(path string, names []string, nested ...string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &exit.Error{Code: exit.NoInput, Msg: "cannot read the configuration file", Err: err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, &exit.Error{Code: exit.IO, Msg: "cannot read the configuration file", Err: err}
	}
	return Parse(path, text, names, nested...)
}

// Parse reads the text of a configuration file; see ReadFile.
func Parse(path string, text []byte, names []string, nested ...string) (*File, error) {
	out := &File{Path: path, values: map[string]fileValue{}}
	if len(text) > maxFileBytes {
		return nil, out.fault(0, "", "is larger than 1 MiB, which no configuration needs")
	}
	var doc yaml.Node
	dec := yaml.NewDecoder(strings.NewReader(string(text)))
	if err := dec.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		return nil, out.fault(0, "", "is not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, out.fault(0, "", "holds more than one YAML document")
	}
	root := &doc
	if root.Kind == yaml.DocumentNode && len(root.Content) == 1 {
		root = root.Content[0]
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return out, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, out.fault(root.Line, "", "must be a list of key: value lines")
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if err := out.add(root.Content[i], root.Content[i+1], names, nested); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// add takes one key and its value.
func (f *File) add(key, value *yaml.Node, names, nested []string) error {
	if key.Kind != yaml.ScalarNode {
		return f.fault(key.Line, "", "has a key that is not a plain name")
	}
	name := strings.ReplaceAll(key.Value, "_", "-")
	if key.Value == versionKey {
		if v, err := strconv.Atoi(value.Value); err != nil || v != Version {
			return f.fault(value.Line, "", fmt.Sprintf("has schema_version %q; this program reads %d", value.Value,
				Version))
		}
		return nil
	}
	if !contains(names, name) {
		hint := "keys: " + strings.Join(names, ", ")
		if n := data.Nearest(name, names); n != "" {
			hint = fmt.Sprintf("did you mean %q?", n)
		}
		return f.fault(key.Line, hint, fmt.Sprintf("has the unknown key %q", key.Value))
	}
	if _, twice := f.values[name]; twice {
		return f.fault(key.Line, "keep one of the lines", fmt.Sprintf("sets %q twice", name))
	}
	v := fileValue{line: value.Line}
	if contains(nested, name) && value.Kind != yaml.ScalarNode {
		text, err := flow(value)
		if err != nil {
			return f.fault(value.Line, "", fmt.Sprintf("has a value under %q that cannot be read: %v", name, err))
		}
		v.texts = []string{text}
		f.values[name] = v
		return nil
	}
	switch value.Kind {
	case yaml.ScalarNode:
		if value.Tag == "!!null" {
			return nil
		}
		v.texts = []string{value.Value}
	case yaml.SequenceNode:
		v.list = true
		for _, item := range value.Content {
			if item.Kind != yaml.ScalarNode {
				return f.fault(item.Line, "",
					fmt.Sprintf("has a nested value under %q; only plain ones are understood", name))
			}
			v.texts = append(v.texts, item.Value)
		}
	case yaml.MappingNode: // prior: {b: "normal(0,1)"} is b=normal(0,1)
		v.list = true
		for i := 0; i+1 < len(value.Content); i += 2 {
			k, x := value.Content[i], value.Content[i+1]
			if k.Kind != yaml.ScalarNode || x.Kind != yaml.ScalarNode {
				return f.fault(k.Line, "", fmt.Sprintf("has a nested value under %q; only plain ones are understood",
					name))
			}
			v.texts = append(v.texts, k.Value+"="+x.Value)
		}
	default:
		return f.fault(value.Line, "write the value out", fmt.Sprintf("uses a YAML alias under %q", name))
	}
	f.values[name] = v
	return nil
}

// flow returns a value as YAML on one line, without its comments.
func flow(value *yaml.Node) (string, error) {
	value.Style = yaml.FlowStyle
	stripComments(value)
	text, err := yaml.Marshal(value)
	return strings.Join(strings.Fields(string(text)), " "), err
}

func stripComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		stripComments(c)
	}
}

// fault returns an error at a line of the file.
func (f *File) fault(line int, hint, problem string) error {
	at := f.Path
	if line > 0 {
		at = fmt.Sprintf("%s:%d", f.Path, line)
	}
	return &exit.Error{Code: exit.Config, Msg: at + ": the configuration file " + problem, Hint: hint}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
