package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// faultyFS is the real file system, without waiting for the disk, up to its nth call, which
// fails; a crash takes all later ones with it. None fails at −1.
type faultyFS struct {
	failAt, calls int
	err           error
	crash         bool
	short         bool // a failing write stores half of the data, and reports no error when err is nil
	log           []string
}

func (f *faultyFS) fail(what string) error {
	f.log = append(f.log, what)
	f.calls++
	if f.calls-1 == f.failAt || f.crash && f.calls-1 > f.failAt {
		return f.err
	}
	return nil
}

func (f *faultyFS) Create(name string) (File, error) {
	if err := f.fail("create"); err != nil {
		return nil, err
	}
	file, err := os.Create(name)
	return &faultyFile{file, f}, err
}

func (f *faultyFS) Rename(from, to string) error {
	return errors.Join(f.fail("rename"), f.unless(func() error { return os.Rename(from, to) }))
}

func (f *faultyFS) Remove(name string) error {
	return errors.Join(f.fail("remove"), f.unless(func() error { return os.Remove(name) }))
}

func (f *faultyFS) SyncDir(string) error {
	return f.fail("sync directory")
}

// unless does what is asked if the call in progress does not fail.
func (f *faultyFS) unless(do func() error) error {
	if f.calls-1 == f.failAt || f.crash && f.calls-1 > f.failAt {
		return nil
	}
	return do()
}

type faultyFile struct {
	*os.File
	fs *faultyFS
}

func (f *faultyFile) Write(p []byte) (int, error) {
	before := f.fs.calls
	err := f.fs.fail("write")
	if before == f.fs.failAt && f.fs.short {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	if err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *faultyFile) Sync() error {
	return f.fs.fail("sync")
}

func (f *faultyFile) Close() error { return errors.Join(f.fs.fail("close"), f.File.Close()) }

// filled returns a directory with checkpoints of steps 2, 3, 4, the best of step 2.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s, err := openStore(dir, &faultyFS{failAt: -1})
	if err != nil {
		t.Fatal(err)
	}
	for step := int64(1); step <= 4; step++ {
		mustSave(t, s, step, step == 2)
	}
	return dir
}

func mustSave(t *testing.T, s *Store, step int64, best bool) {
	t.Helper()
	if err := s.Save(step, head(step), body(step), best); err != nil {
		t.Fatal(err)
	}
}

func head(step int64) []byte { return fmt.Appendf(nil, `{"step":%d}`, step) }

func body(step int64) []byte { return bytes.Repeat([]byte{byte(step), 0xa5}, 300) }

// latest returns the step of the newest whole checkpoint after its bytes have been compared.
func latest(t *testing.T, s *Store) int64 {
	t.Helper()
	h, b, err := s.Latest()
	if err != nil {
		t.Fatal(err)
	}
	var step int64
	if _, err := fmt.Sscanf(string(h), `{"step":%d}`, &step); err != nil {
		t.Fatalf("header %q: %v", h, err)
	}
	if !bytes.Equal(b, body(step)) {
		t.Fatalf("step %d has another body", step)
	}
	return step
}

// calls lists the file system calls of one Save.
func callsOfSave(t *testing.T) []string {
	t.Helper()
	fs := &faultyFS{failAt: -1}
	s, err := openStore(filled(t), fs)
	if err != nil {
		t.Fatal(err)
	}
	mustSave(t, s, 5, true)
	return fs.log
}

// TestEveryCallFails lets each call of a Save fail in turn: the error is told, the last good
// checkpoint or the new one loads whole, leftovers are swept and the next Save works.
func TestEveryCallFails(t *testing.T) {
	log := callsOfSave(t)
	if len(log) != 13 { // twice create, write, sync, close, rename, sync directory; one removal
		t.Fatalf("a Save makes the calls %v", log)
	}
	for i, what := range log {
		for _, cause := range []error{syscall.ENOSPC, syscall.EIO} {
			for _, crash := range []bool{false, true} {
				for _, short := range []bool{false, true} {
					if short && what != "write" {
						continue
					}
					fs := &faultyFS{failAt: i, err: cause, crash: crash, short: short}
					t.Run(fmt.Sprintf("%d %s %v crash=%v short=%v", i, what, cause, crash, short), func(t *testing.T) {
						checkFault(t, fs, cause)
					})
				}
			}
		}
	}
}

func checkFault(t *testing.T, fs *faultyFS, cause error) {
	dir := filled(t)
	s, err := openStore(dir, fs)
	if err != nil {
		t.Fatal(err)
	}
	err = s.Save(5, head(5), body(5), true)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), "checkpoint") {
		t.Errorf("the error is %v", err)
	}
	again, err := openStore(dir, &faultyFS{failAt: -1})
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*"+tempInfix+"*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if got := latest(t, again); got != 4 && got != 5 {
		t.Errorf("the newest whole checkpoint is of step %d", got)
	}
	if again.Passed() != nil {
		t.Errorf("a damaged file under a final name: %v", again.Passed())
	}
	mustSave(t, again, 6, true)
	if got := latest(t, again); got != 6 {
		t.Errorf("after recovery the newest is of step %d", got)
	}
}

// TestShortWriteWithoutError: a file that takes half and reports nothing is not trusted.
func TestShortWriteWithoutError(t *testing.T) {
	dir := filled(t)
	s, err := openStore(dir, &faultyFS{failAt: 1, short: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Save(5, head(5), body(5), false); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("the error is %v", err)
	}
	if got := latest(t, s); got != 4 {
		t.Errorf("the newest whole checkpoint is of step %d", got)
	}
}

// TestEveryFlippedBitIsDetected, and so is every truncation and an extra byte.
func TestEveryFlippedBitIsDetected(t *testing.T) {
	file := encode(head(7), body(7))
	if _, _, err := decode(file); err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(file) {
		file[i/8] ^= 1 << (i % 8)
		if _, _, err := decode(file); !errors.Is(err, ErrDamaged) {
			t.Fatalf("bit %d: %v", i, err)
		}
		file[i/8] ^= 1 << (i % 8)
	}
	for n := range len(file) {
		if _, _, err := decode(file[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	if _, _, err := decode(append(file, 0)); !errors.Is(err, ErrDamaged) {
		t.Fatalf("one byte more: %v", err)
	}
}

func damage(t *testing.T, dir string, steps ...int64) {
	t.Helper()
	for _, step := range steps {
		path := filepath.Join(dir, stepName(step))
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		raw[len(raw)/2] ^= 4
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamagedCheckpointsArePassedOver: the newest whole one is used, what was wrong is told,
// the best stands in for all others, and new checkpoints are not crowded out by damaged ones.
func TestDamagedCheckpointsArePassedOver(t *testing.T) {
	for _, c := range []struct {
		damaged []int64
		want    int64
	}{{nil, 4}, {[]int64{4}, 3}, {[]int64{4, 3}, 2}, {[]int64{4, 3, 2}, 2}} {
		dir := filled(t)
		damage(t, dir, c.damaged...)
		s, err := OpenStore(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := latest(t, s); got != c.want {
			t.Errorf("damaged %v: step %d, want %d", c.damaged, got, c.want)
		}
		for _, step := range c.damaged {
			if err := s.Passed(); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), stepName(step)) {
				t.Errorf("damaged %v: told %v", c.damaged, err)
			}
		}
		mustSave(t, s, 1, false)
		if got := latest(t, s); got != 1 {
			t.Errorf("damaged %v: step %d after a save of step 1", c.damaged, got)
		}
	}
}

// TestNothingWhole: damage without a way out is an error, an empty directory is not.
func TestNothingWhole(t *testing.T) {
	dir := filled(t)
	damage(t, dir, 2, 3, 4)
	if err := os.Remove(filepath.Join(dir, bestName)); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Latest(); !errors.Is(err, ErrDamaged) {
		t.Errorf("all damaged: %v", err)
	}
	if s, err = OpenStore(filepath.Join(t.TempDir(), "new", "run")); err != nil {
		t.Fatal(err)
	}
	if h, b, err := s.Latest(); h != nil || b != nil || err != nil {
		t.Errorf("empty: %q %q %v", h, b, err)
	}
}

// TestKeptCheckpoints: the last three and the best.
func TestKeptCheckpoints(t *testing.T) {
	dir := filled(t)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := fmt.Sprint([]string{bestName, stepName(2), stepName(3), stepName(4)})
	if fmt.Sprint(got) != want {
		t.Errorf("kept %v, want %v", got, want)
	}
	_, b, err := readCheckpoint(filepath.Join(dir, bestName))
	if err != nil || !bytes.Equal(b, body(2)) {
		t.Errorf("the best is not of step 2: %v", err)
	}
}

// TestUnsweepableLeftover: a store that cannot tidy up says so.
func TestUnsweepableLeftover(t *testing.T) {
	dir := filled(t)
	if err := os.WriteFile(filepath.Join(dir, stepName(9)+tempInfix), []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(dir, &faultyFS{failAt: 0, err: syscall.EIO}); !errors.Is(err, syscall.EIO) {
		t.Errorf("the error is %v", err)
	}
	if _, err := openStore(dir, osFS{}); err != nil {
		t.Error(err)
	}
}
