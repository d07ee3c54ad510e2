package rundir

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"elbo/cmd/internal/exit"
)

// maxRead bounds files that are read into memory whole.
const maxRead = 1 << 30

// ReadFinished checks that path holds a finished run of a kind.
func ReadFinished(path string, kind Kind) error {
	hint := fmt.Sprintf("give the directory that %s --out wrote", kind)
	if _, err := os.Stat(path); err != nil {
		return &exit.Error{Code: exit.NoInput, Msg: "cannot open the run", Err: err, Hint: hint}
	}
	state, err := Look(path)
	switch {
	case err != nil:
		return &exit.Error{Code: exit.NoInput, Msg: "cannot open the run", Err: err}
	case state != Finished && state != Unfinished:
		return &exit.Error{Code: exit.Data, Msg: path + " is not a run directory", Hint: hint}
	case KindOf(path) != kind:
		return &exit.Error{Code: exit.Data, Hint: hint,
			Msg: fmt.Sprintf("%s holds a run of %s, not of %s", path, KindOf(path), kind)}
	case state == Unfinished:
		return &exit.Error{Code: exit.Data, Msg: path + " holds an unfinished run: it has no " + Summary,
			Hint: fmt.Sprintf("finish it with: %s --resume --out %s", kind, path)}
	}
	return nil
}

// NothingToResume says why a path has no run that could go on.
func NothingToResume(path string) error {
	state, err := Look(path)
	problem := "does not exist"
	switch {
	case err != nil:
		return &exit.Error{Code: exit.NoInput, Msg: "--resume: cannot open the run", Err: err}
	case state == Foreign:
		return allow(path, state, Mode{Resume: true})
	case state != Absent:
		problem = "holds no run with the name of its data"
	}
	return &exit.Error{Code: exit.NoInput, Msg: fmt.Sprintf("--resume: %s %s", path, problem),
		Hint: "give the directory that --out named before; a new run needs --data"}
}

// Read returns a file of a run.
func Read(path, name string) ([]byte, error) {
	full := filepath.Join(path, name)
	f, err := os.Open(full)
	if err != nil {
		return nil, &exit.Error{Code: exit.Data, Msg: "the run is incomplete", Err: err,
			Hint: "repeat the fit with --overwrite"}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRead+1))
	if err != nil {
		return nil, &exit.Error{Code: exit.IO, Msg: "cannot read " + full, Err: err}
	}
	if len(text) > maxRead {
		return nil, &exit.Error{Code: exit.Data, Msg: full +
			" is larger than 1 GiB: it was not written by this program"}
	}
	return text, nil
}

// ReadJSON reads a file of a run into v and checks its schema version.
func ReadJSON(path, name string, v any) error {
	text, err := Read(path, name)
	if err != nil {
		return err
	}
	full := filepath.Join(path, name)
	var head struct {
		Version *int `json:"schema_version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return damaged(full, err)
	}
	if head.Version == nil || *head.Version != SchemaVersion {
		return damaged(full, fmt.Errorf("schema_version is not %d", SchemaVersion))
	}
	if err := json.Unmarshal(text, v); err != nil {
		return damaged(full, err)
	}
	return nil
}

func damaged(path string, err error) error {
	return &exit.Error{Code: exit.Data, Msg: path + " is damaged or of another version", Err: err,
		Hint: "repeat the fit with --overwrite"}
}
