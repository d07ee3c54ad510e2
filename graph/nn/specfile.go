package nn

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// UnmarshalYAML reads the fields and refuses those the layer does not have, whatever their
// value; Build checks the rest. (It is the form of the method that yaml.v3 and yaml.v2 know.)
func (s *Spec) UnmarshalYAML(unmarshal func(any) error) error {
	var given map[string]any
	if err := unmarshal(&given); err != nil {
		return fmt.Errorf("nn: a layer is a list of fields, such as {layer: linear, units: 200}: %w", err)
	}
	name, ok := given["layer"].(string)
	if !ok {
		return errors.New("nn: a layer needs the field layer with its name, such as {layer: linear, units: 200}")
	}
	k, err := kindOf(name)
	if err != nil {
		return err
	}
	for _, field := range slices.Sorted(maps.Keys(given)) {
		if field != "layer" && !slices.Contains(k.fields, field) {
			return &UnknownError{What: "field of layer " + name, Name: field, Known: k.fields}
		}
	}

	type plain Spec // without this method
	if err := unmarshal((*plain)(s)); err != nil {
		return fmt.Errorf("nn: layer %s: %w", name, err)
	}
	return nil
}

// UnmarshalJSON is UnmarshalYAML for JSON.
func (s *Spec) UnmarshalJSON(raw []byte) error {
	return s.UnmarshalYAML(func(v any) error { return json.Unmarshal(raw, v) })
}

// given lists the fields that are not zero, by their names in files.
func (s *Spec) given() []string {
	var names []string
	v := reflect.ValueOf(*s)
	for i := range v.NumField() {
		if f := v.Type().Field(i); !v.Field(i).IsZero() {
			names = append(names, fieldName(f))
		}
	}
	return names
}

func fieldName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}
