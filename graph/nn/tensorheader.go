package nn

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// header is a checked header: the entries, in the order of the payload, cover it exactly.
type header struct {
	meta    map[string]string
	entries map[string]entry
	names   []string
}

// parseHeader reads the JSON and checks it against the payload's size. The standard decoder
// lets duplicate keys pass, so objects are walked token by token.
func parseHeader(raw []byte, payload int64) (*header, error) {
	if !utf8.Valid(raw) {
		return nil, errors.New("not UTF-8")
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	h := &header{meta: map[string]string{}, entries: map[string]entry{}}
	d := json.NewDecoder(bytes.NewReader(raw))
	err := eachField(d, func(key string) error {
		if key == metadataKey {
			return eachField(d, func(k string) (err error) {
				h.meta[k], err = stringOf(d)
				return err
			})
		}
		e, err := parseEntry(d)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", key, err)
		}
		h.entries[key] = e
		h.names = append(h.names, key)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	return h, h.cover(payload)
}

// eachField walks an object, calling f after each key to read its value.
func eachField(d *json.Decoder, f func(key string) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return malformed("an object", t, err)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return malformed("a key", t, err)
		}
		if seen[key] {
			return fmt.Errorf("%q occurs twice", key)
		}
		seen[key] = true
		if err := f(key); err != nil {
			return err
		}
	}
	t, err := d.Token()
	if err != nil {
		return malformed("the object's end", t, err)
	}
	return nil
}

func stringOf(d *json.Decoder) (string, error) {
	t, err := d.Token()
	s, ok := t.(string)
	if err != nil || !ok {
		return "", malformed("a string", t, err)
	}
	return s, nil
}

func malformed(want string, got json.Token, err error) error {
	if err != nil {
		return fmt.Errorf("%s wanted: %w", want, err)
	}
	return fmt.Errorf("%s wanted, got %v", want, got)
}

// parseEntry reads one tensor's description: three fields, each once.
func parseEntry(d *json.Decoder) (entry, error) {
	var e entry
	var offsets []int64
	err := eachField(d, func(key string) (err error) {
		switch key {
		case "dtype":
			e.DType, err = stringOf(d)
		case "shape":
			err = d.Decode(&e.Shape)
		case "data_offsets":
			err = d.Decode(&offsets)
		default:
			err = fmt.Errorf("unknown field %q", key)
		}
		return err
	})
	switch {
	case err != nil:
		return e, err
	case e.DType == "" || e.Shape == nil || len(offsets) != 2:
		return e, errors.New("dtype, shape and two data_offsets are wanted")
	}
	e.Offsets = [2]int64(offsets)
	return e, e.check()
}

// check compares type, shape and offsets with each other, without overflow.
func (e *entry) check() error {
	begin, end := e.Offsets[0], e.Offsets[1]
	if begin < 0 || end <= begin {
		return fmt.Errorf("data_offsets %v do not ascend", e.Offsets)
	}
	dt, ok := dtypeNamed(e.DType)
	if !ok {
		return fmt.Errorf("type %q; F32 and F64 are supported", e.DType)
	}
	bytes := int64(dt.Size())
	for _, n := range e.Shape {
		if n < 1 || int64(n) > (end-begin)/bytes {
			return fmt.Errorf("shape %v does not fit into the %d bytes of data_offsets", e.Shape, end-begin)
		}
		bytes *= int64(n)
	}
	if bytes != end-begin {
		return fmt.Errorf("%s of shape %v has %d bytes, data_offsets say %d", e.DType, e.Shape, bytes, end-begin)
	}
	return nil
}

// cover orders the tensors by place and checks that they fill the payload.
func (h *header) cover(payload int64) error {
	slices.SortFunc(h.names, func(a, b string) int {
		return cmp.Compare(h.entries[a].Offsets[0], h.entries[b].Offsets[0])
	})
	at := int64(0)
	for _, name := range h.names {
		e := h.entries[name]
		if e.Offsets[0] != at {
			return fmt.Errorf("tensor %q begins at %d of the payload, %d wanted; holes and overlaps are not allowed",
				name, e.Offsets[0], at)
		}
		at = e.Offsets[1]
	}
	if at != payload {
		return fmt.Errorf("tensors fill %d bytes, the payload has %d", at, payload)
	}
	return nil
}
