package main

import (
	"elbo/cmd/internal/exit"
	"elbo/data/array"
)

// inspectArray shows what a file of arrays (IDX, NPY, NPZ) holds; done is false when the file is none, or when --format
// says how to read it.
func (a *app) inspectArray(path string, o *dataFlags, asJSON bool) (done bool, err error) {
	if o.format != "" || !array.Recognized(path) {
		return false, nil
	}
	if o.delimiter != "" || len(o.naStrings)+len(o.factors) > 0 || o.features > 0 {
		return true, exit.Usagef("leave out --delimiter, --na-string, --factor and --features",
			"%s holds an array of numbers, not columns of text", path)
	}
	found, err := array.Inspect(path, array.Options{})
	if err != nil {
		return true, err
	}
	if asJSON {
		return true, writeJSON(a.out, found)
	}
	return true, found.WriteText(a.out)
}
