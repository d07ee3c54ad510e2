package rundir

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"elbo/cmd/internal/exit"
)

// Write makes a file of the run appear whole.
func (d *Dir) Write(name string, content func(io.Writer) error) error {
	return WriteFile(d.Path(name), content)
}

// WriteJSON writes a value as indented JSON.
func (d *Dir) WriteJSON(name string, v any) error {
	return d.Write(name, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v)
	})
}

// WriteFile makes a file appear under its name whole or not at all; the former file, if there was one,
// stays. A place where nothing can be created and a failure under way are told apart by their exit codes;
// a fault of the content's own keeps its code.
func WriteFile(path string, content func(io.Writer) error) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+tempInfix+"*")
	if err != nil {
		return &exit.Error{Code: exit.CannotCreate, Msg: "cannot create " + path, Err: errors.Unwrap(err),
			Hint: "choose a place that can be written"}
	}
	buf := bufio.NewWriterSize(f, 1<<16)
	err = content(buf)
	if err == nil {
		err = buf.Flush()
	}
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		if code := exit.Of(err); code == exit.IO || code == exit.Internal {
			err = failed(path, err)
		}
		return errors.Join(err, missing(os.Remove(f.Name())))
	}
	return syncDir(dir)
}

func failed(path string, err error) error {
	return &exit.Error{Code: exit.IO, Msg: "cannot write " + path, Err: err,
		Hint: "free some space or choose another place; files written before are whole"}
}

func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir makes renames and removals in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return errors.Join(f.Sync(), f.Close())
}
