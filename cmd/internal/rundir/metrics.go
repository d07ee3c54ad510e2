package rundir

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"elbo/cmd/internal/exit"
)

// Log appends one JSON line per record to metrics.jsonl. A record's step tells which lines
// of an earlier process it replaces: a resumed run repeats the steps after its checkpoint.
type Log struct {
	path  string
	f     *os.File
	fresh bool // lines of an earlier process were dealt with
}

// OpenLog opens the metrics of a run; the file is there from then on, if only empty.
func (d *Dir) OpenLog() (*Log, error) {
	l := &Log{path: d.Path(Metrics)}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, failed(l.path, err)
	}
	return l, f.Close()
}

// Append writes the record of a step.
func (l *Log) Append(step int64, record any) error {
	if !l.fresh {
		if err := l.truncate(step); err != nil {
			return failed(l.path, err)
		}
		l.fresh = true
	}
	line, err := json.Marshal(record)
	if err != nil {
		return &exit.Error{Code: exit.Internal, Msg: "metrics", Err: err}
	}
	if _, err := l.f.Write(append(line, '\n')); err != nil {
		return failed(l.path, err)
	}
	return nil
}

// truncate cuts the file before the first line whose step is not below the given one, and
// before a line that was broken off.
func (l *Log) truncate(step int64) error {
	keep := int64(0)
	if f, err := os.Open(l.path); err == nil {
		in := bufio.NewReader(f)
		for {
			line, err := in.ReadSlice('\n')
			var r struct {
				Step int64 `json:"step"`
			}
			if err != nil || json.Unmarshal(line, &r) != nil || r.Step >= step {
				break
			}
			keep += int64(len(line))
		}
		f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	l.f = f
	if err := f.Truncate(keep); err != nil {
		return err
	}
	_, err = f.Seek(keep, 0)
	return err
}

// Close ends the log.
func (l *Log) Close() error {
	if l.f == nil {
		return nil
	}
	return errors.Join(l.f.Sync(), l.f.Close())
}

// ReadLog reads the records of a run's metrics.jsonl up to the first line that is not whole; a run
// that ended before the first record has none.
func ReadLog[T any](path string) ([]T, error) {
	f, err := os.Open(filepath.Join(path, Metrics))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	in := bufio.NewScanner(f)
	for in.Scan() {
		var record T
		if json.Unmarshal(in.Bytes(), &record) != nil {
			break
		}
		out = append(out, record)
	}
	return out, in.Err()
}
