package rundir

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"elbo/cmd/internal/exit"
)

// Mode says what Create does with a directory that already holds a run.
type Mode struct {
	Resume    bool // go on with the run
	Overwrite bool // remove its results and start anew
}

// Dir is the directory of a run that is being written.
type Dir struct {
	path string
	lock *os.File
}

// State says what a path holds.
type State int

// The states of a path.
const (
	Absent     State = iota // nothing
	Empty                   // an empty directory
	Unfinished              // a run without summary.json
	Finished                // a run with summary.json
	Foreign                 // anything else
)

// Look says what a path holds.
func Look(path string) (State, error) {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Absent, nil
	case err != nil:
		if info, e := os.Stat(path); e == nil && !info.IsDir() {
			return Foreign, nil
		}
		return Foreign, err
	}
	names := map[string]bool{}
	for _, e := range entries {
		if e.Name() != lockName && !leftover(e.Name()) {
			names[e.Name()] = true
		}
	}
	switch {
	case len(names) == 0:
		return Empty, nil
	case !marked(filepath.Join(path, Config)):
		return Foreign, nil
	case names[Summary]:
		return Finished, nil
	}
	return Unfinished, nil
}

// leftover reports whether a name is that of a file whose writing broke off.
func leftover(name string) bool {
	return strings.HasPrefix(name, ".") && strings.Contains(name, tempInfix)
}

// marked reports whether a file begins with Mark.
func marked(path string) bool { return strings.HasPrefix(firstLine(path), Mark) }

// firstLine returns the first line of a file, "" where it has none of sensible length.
func firstLine(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	line, err := bufio.NewReaderSize(f, 256).ReadSlice('\n')
	if err != nil {
		return ""
	}
	return string(line)
}

// KindOf returns which command the run in a directory is of, as its config.yaml says.
func KindOf(path string) Kind {
	if strings.Contains(firstLine(filepath.Join(path, Config)), string(KindVAE)) {
		return KindVAE
	}
	return KindFit
}

// Create makes the directory ready for a run and locks it. It refuses foreign directories,
// and runs unless the mode allows them.
func Create(path string, m Mode) (*Dir, State, error) {
	state, err := Look(path)
	if err != nil {
		return nil, state, cannot(path, err)
	}
	if err := allow(path, state, m); err != nil {
		return nil, state, err
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, state, cannot(path, err)
	}
	d := &Dir{path: path}
	if err := d.acquire(); err != nil {
		return nil, state, err
	}
	if err := d.prepare(state, m); err != nil {
		return nil, state, errors.Join(cannot(path, err), d.Close())
	}
	return d, state, nil
}

// allow refuses what must not be written over.
func allow(path string, state State, m Mode) error {
	refuse := func(hint, problem string) error {
		return &exit.Error{Code: exit.CannotCreate, Msg: fmt.Sprintf("--out %s: %s", path, problem), Hint: hint}
	}
	switch {
	case state == Foreign:
		return refuse("choose a new or empty directory", "exists and is not a run directory; nothing in it is touched")
	case state == Finished && !m.Resume && !m.Overwrite:
		return refuse("choose another directory, or replace the run with --overwrite", "holds a finished run")
	case state == Unfinished && !m.Resume && !m.Overwrite:
		return refuse("go on with --resume, start anew with --overwrite, or choose another directory",
			"holds an unfinished run")
	}
	return nil
}

// prepare removes what the run will write, and leftovers of crashed writers.
func (d *Dir) prepare(state State, m Mode) error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if leftover(e.Name()) && e.Type().IsRegular() {
			if err := os.Remove(d.Path(e.Name())); err != nil {
				return err
			}
		}
	}
	if state != Finished && state != Unfinished {
		return nil
	}
	if m.Resume {
		return nil
	}
	if err := d.Remove(results...); err != nil {
		return err
	}
	for _, folder := range []string{Checkpoints, Samples} {
		if err := os.RemoveAll(d.Path(folder)); err != nil {
			return err
		}
	}
	return syncDir(d.path)
}

// Remove removes files of the run, in order; ones that are not there are passed over. A
// resumed run removes summary.json before it replaces the results that summary belongs to.
func (d *Dir) Remove(names ...string) error {
	for _, n := range names {
		if err := os.Remove(d.Path(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return failed(d.Path(n), err)
		}
	}
	return syncDir(d.path)
}

func cannot(path string, err error) error {
	return &exit.Error{Code: exit.CannotCreate, Msg: "--out " + path + ": cannot create the run directory", Err: err,
		Hint: "choose a directory that can be written"}
}

// Path returns the path of a file of the run.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// String returns the directory's path.
func (d *Dir) String() string { return d.path }

// Close releases the lock.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	err := errors.Join(os.Remove(d.lock.Name()), d.lock.Close())
	d.lock = nil
	return err
}

// Check says beforehand whether Create would refuse a path for what it holds.
func Check(path string, m Mode) error {
	state, err := Look(path)
	if err != nil {
		return cannot(path, err)
	}
	return allow(path, state, m)
}
