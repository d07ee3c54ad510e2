package rundir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"elbo/cmd/internal/exit"
)

// lay writes files below a fresh directory.
func lay(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLookAndCreate(t *testing.T) {
	config := Mark + " (elbo)\n"
	const ok, no = exit.OK, exit.CannotCreate
	for name, c := range map[string]struct {
		files                    map[string]string
		state                    State
		plain, resume, overwrite exit.Code
	}{
		"empty":             {nil, Empty, ok, ok, ok},
		"leftovers":         {map[string]string{".lock": "", ".config.yaml.tmp12": "x"}, Empty, ok, ok, ok},
		"unfinished":        {map[string]string{Config: config}, Unfinished, no, ok, ok},
		"finished":          {map[string]string{Config: config, Summary: "{}"}, Finished, no, ok, ok},
		"foreign":           {map[string]string{"a.txt": "x"}, Foreign, no, no, no},
		"foreign config":    {map[string]string{Config: "a: 1\n"}, Foreign, no, no, no},
		"foreign summary":   {map[string]string{Summary: "{}"}, Foreign, no, no, no},
		"a directory in it": {map[string]string{"checkpoints/x": "1"}, Foreign, no, no, no},
	} {
		for _, m := range []struct {
			mode Mode
			want exit.Code
		}{{Mode{}, c.plain}, {Mode{Resume: true}, c.resume}, {Mode{Overwrite: true}, c.overwrite}} {
			dir := lay(t, c.files)
			if state, err := Look(dir); err != nil || state != c.state {
				t.Fatalf("%s: state %d, want %d (%v)", name, state, c.state, err)
			}
			d, _, err := Create(dir, m.mode)
			if got := exit.Of(err); got != m.want {
				t.Errorf("%s, %+v: exit code %d, want %d (%v)", name, m.mode, got, m.want, err)
			}
			if err != nil {
				if len(c.files) > 0 {
					for f, text := range c.files {
						if got, err := os.ReadFile(filepath.Join(dir, f)); err != nil || string(got) != text {
							t.Errorf("%s: refused, but %s is %q (%v)", name, f, got, err)
						}
					}
				}
				continue
			}
			if _, err := os.Stat(filepath.Join(dir, Summary)); (err == nil) != (m.mode.Resume && c.state == Finished) {
				t.Errorf("%s, %+v: summary.json: %v; a new run must not have one, a resumed run keeps its own", name,
					m.mode, err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestResumeKeepsOverwriteDrops: what a resumed run needs stays, and a new one begins with nothing.
func TestResumeKeepsOverwriteDrops(t *testing.T) {
	files := map[string]string{
		Config: Mark + "\n", Metrics: "{}\n", "checkpoints/step-1.ckpt": "c", Draws: "d", "notes.txt": "mine",
		".draws.parquet.tmp1": "half",
	}
	for _, c := range []struct {
		mode Mode
		kept []string
		gone []string
	}{
		{Mode{Resume: true}, []string{Config, Metrics, "checkpoints/step-1.ckpt", "notes.txt"},
			[]string{".draws.parquet.tmp1"}},
		{Mode{Overwrite: true}, []string{Config, "notes.txt"},
			[]string{Metrics, "checkpoints", Draws, ".draws.parquet.tmp1"}},
	} {
		dir := lay(t, files)
		d, _, err := Create(dir, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range c.kept {
			if _, err := os.Stat(d.Path(f)); err != nil {
				t.Errorf("%+v: %s is gone", c.mode, f)
			}
		}
		for _, f := range c.gone {
			if _, err := os.Stat(d.Path(f)); err == nil {
				t.Errorf("%+v: %s is still there", c.mode, f)
			}
		}
		if _, _, err := Create(dir, c.mode); exit.Of(err) != exit.Retry {
			t.Errorf("a second writer: %v, want exit code 75", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestWriteFileIsWholeOrNot: a writer that fails leaves the former file and no leftover.
func TestWriteFileIsWholeOrNot(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.txt")
	write := func(text string, err error) error {
		return WriteFile(path, func(w io.Writer) error {
			if _, e := io.WriteString(w, text); e != nil {
				return e
			}
			return err
		})
	}
	if err := write("first", nil); err != nil {
		t.Fatal(err)
	}
	if err := write("second", errors.New("broken")); exit.Of(err) != exit.IO {
		t.Errorf("a failed write: %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "first" {
		t.Errorf("the former file is %q (%v)", got, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files are left (%v)", len(entries), err)
	}
	own := &exit.Error{Code: exit.Data, Msg: "a fault of the content"}
	if err := write("third", own); exit.Of(err) != exit.Data {
		t.Errorf("a fault of the content has code %d (%v)", exit.Of(err), err)
	}
	err = WriteFile(filepath.Join(dir, "no", "f"), func(io.Writer) error { return nil })
	if exit.Of(err) != exit.CannotCreate {
		t.Errorf("no directory: %v", err)
	}
}

func TestReadJSON(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code exit.Code
	}{
		"fine":        {`{"schema_version":1,"a":2}`, exit.OK},
		"cut":         {`{"schema_version":1,"a":`, exit.Data},
		"no version":  {`{"a":2}`, exit.Data},
		"other":       {`{"schema_version":2,"a":2}`, exit.Data},
		"wrong type":  {`{"schema_version":1,"a":"x"}`, exit.Data},
		"not JSON":    {"PAR1", exit.Data},
		"an array":    {`[1]`, exit.Data},
		"odd version": {`{"schema_version":"1"}`, exit.Data},
		"empty":       {``, exit.Data},
	} {
		dir := lay(t, map[string]string{Model: c.text})
		var v struct{ A int }
		if err := ReadJSON(dir, Model, &v); exit.Of(err) != c.code {
			t.Errorf("%s: %v, want exit code %d", name, err, c.code)
		}
	}
	if err := ReadJSON(t.TempDir(), Model, new(int)); exit.Of(err) != exit.Data {
		t.Errorf("a missing file: %v", err)
	}
}

// TestLogAfterResume: the lines of steps that are done again make room for the new ones.
func TestLogAfterResume(t *testing.T) {
	line := func(step int64) string { return fmt.Sprintf(`{"step":%d}`, step) + "\n" }
	for name, c := range map[string]struct {
		before string
		step   int64
		want   string
	}{
		"fresh":      {"", 1, line(1)},
		"behind":     {line(1) + line(2), 3, line(1) + line(2) + line(3)},
		"repeated":   {line(1) + line(2) + line(3), 2, line(1) + line(2)},
		"from 0":     {line(1) + line(2), 1, line(1)},
		"broken off": {line(1) + `{"step":1`, 2, line(1) + line(2)},
		"garbage":    {line(1) + "what\n" + line(2), 3, line(1) + line(3)},
	} {
		dir := lay(t, map[string]string{Metrics: c.before})
		log, err := (&Dir{path: dir}).OpenLog()
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(c.step, json.RawMessage(line(c.step))); err != nil {
			t.Fatal(err)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, Metrics)); err != nil || string(got) != c.want {
			t.Errorf("%s: %q, want %q (%v)", name, got, c.want, err)
		}
	}
}

// TestKinds: a run is its command's, and no other's, whether finished or not.
func TestKinds(t *testing.T) {
	for text, want := range map[string]Kind{
		Mark + " (elbo 1); repeat it with: elbo fit --config config.yaml\n":       KindFit,
		Mark + " (elbo 1): vae; repeat it with: elbo vae train --config c.yaml\n": KindVAE,
	} {
		dir := lay(t, map[string]string{Config: text, Summary: "{}\n"})
		if got := KindOf(dir); got != want {
			t.Errorf("%q: %s", text, got)
		}
		for _, kind := range []Kind{KindFit, KindVAE} {
			err := ReadFinished(dir, kind)
			if (err == nil) != (kind == want) || err != nil && exit.Of(err) != exit.Data {
				t.Errorf("%s read as a run of %s: %v", want, kind, err)
			}
		}
	}
}

// TestReadLog: a log that is not there is empty, and one that broke off ends with its last whole line.
func TestReadLog(t *testing.T) {
	type record struct{ Step int }
	dir := t.TempDir()
	if got, err := ReadLog[record](dir); err != nil || len(got) != 0 {
		t.Errorf("no log: %v, %v", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, Metrics), []byte("{\"step\":1}\n{\"step\":2}\n{\"st"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadLog[record](dir); err != nil || len(got) != 2 || got[1].Step != 2 {
		t.Errorf("a broken log: %v, %v", got, err)
	}
}
