package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// ErrDamaged says a checkpoint file is not what was written.
var ErrDamaged = errors.New("damaged checkpoint")

// File layout: magic, 8-byte header length, 8-byte body length (little-endian), header
// (JSON), body (state bytes), SHA-256 of everything before it.
const (
	magic     = "elbo-checkpoint1"
	prefix    = "step-"
	suffix    = ".ckpt"
	bestName  = "best" + suffix
	tempInfix = ".tmp"
	keepLast  = 3
)

// FileSystem is the part of the operating system a Store writes through; tests make each
// call fail in turn.
type FileSystem interface {
	Create(name string) (File, error)
	Rename(from, to string) error
	Remove(name string) error
	SyncDir(dir string) error
}

// File is a file being written.
type File interface {
	io.Writer
	Sync() error
	Close() error
}

// Store keeps checkpoints in a directory: the last three and the best. Every file is written
// under a temporary name, synced, renamed, and the directory synced, so a crash at any point
// leaves the former checkpoints whole.
type Store struct {
	dir    string
	fs     FileSystem
	passed error
}

// OpenStore creates the directory if it is missing and sweeps temporary files of crashed runs.
func OpenStore(dir string) (*Store, error) { return openStore(dir, osFS{}) }

func openStore(dir string, fsys FileSystem) (*Store, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("train: checkpoint directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("train: checkpoint directory: %w", err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), tempInfix) {
			if err := fsys.Remove(filepath.Join(dir, e.Name())); err != nil {
				return nil, fmt.Errorf("train: leftover of a crashed run: %w", err)
			}
		}
	}
	return &Store{dir: dir, fs: fsys}, nil
}

// Save writes the checkpoint of a step and drops those no longer kept.
func (s *Store) Save(step int64, head, body []byte, best bool) error {
	file := encode(head, body)
	if err := s.write(stepName(step), file); err != nil {
		return fmt.Errorf("train: checkpoint at step %d: %w", step, err)
	}
	if best {
		if err := s.write(bestName, file); err != nil {
			return fmt.Errorf("train: best checkpoint at step %d: %w", step, err)
		}
	}
	return s.prune(stepName(step))
}

// prune removes what is no longer kept: all but the last three up to the newest, and those of
// later steps, which are damaged or another run's and would crowd out the good ones.
func (s *Store) prune(newest string) error {
	names, err := s.list()
	if err != nil {
		return err
	}
	at := sort.SearchStrings(names, newest) + 1
	drop := append(names[at:len(names):len(names)], names[:max(at-keepLast, 0)]...)
	for _, name := range drop {
		if err := s.fs.Remove(filepath.Join(s.dir, name)); err != nil {
			return fmt.Errorf("train: old checkpoint: %w", err)
		}
	}
	return nil
}

// stepName is the file of a step's checkpoint; names sort as steps do.
func stepName(step int64) string { return fmt.Sprintf("%s%012d%s", prefix, step, suffix) }

// write makes a file appear under its name whole or not at all.
func (s *Store) write(name string, data []byte) error {
	path := filepath.Join(s.dir, name)
	temp := path + tempInfix
	f, err := s.fs.Create(temp)
	if err != nil {
		return err
	}
	n, err := f.Write(data)
	if err == nil && n < len(data) {
		err = io.ErrShortWrite
	}
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = s.fs.Rename(temp, path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(s.fs.Remove(temp)))
	}
	return s.fs.SyncDir(s.dir)
}

// list returns the step checkpoints, oldest first.
func (s *Store) list() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("train: checkpoint directory: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	sort.Strings(names)
	return names, nil
}

// Latest returns the newest checkpoint that is whole, nil where there is none; the best one
// stands in when all others are damaged. Damaged files are passed over, see Passed; if no whole
// one is left, the error says so.
func (s *Store) Latest() (head, body []byte, err error) {
	names, err := s.list()
	if err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(s.dir, bestName)); err == nil {
		names = append([]string{bestName}, names...)
	}
	s.passed = nil
	for i := len(names) - 1; i >= 0; i-- {
		head, body, err := readCheckpoint(filepath.Join(s.dir, names[i]))
		if err == nil {
			return head, body, nil
		}
		s.passed = errors.Join(s.passed, err)
	}
	return nil, nil, s.passed
}

// Best reads the best checkpoint.
func (s *Store) Best() (head, body []byte, err error) {
	return readCheckpoint(filepath.Join(s.dir, bestName))
}

// Passed returns what was wrong with the checkpoints the last call of Latest passed over, nil
// if nothing was.
func (s *Store) Passed() error { return s.passed }

func encode(head, body []byte) []byte {
	var b bytes.Buffer
	b.WriteString(magic)
	for _, n := range []int{len(head), len(body)} {
		b.Write(binary.LittleEndian.AppendUint64(nil, uint64(n)))
	}
	b.Write(head)
	b.Write(body)
	sum := sha256.Sum256(b.Bytes())
	b.Write(sum[:])
	return b.Bytes()
}

// readCheckpoint reads and verifies one file; its size is known before memory is taken.
func readCheckpoint(path string) (head, body []byte, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("train: read checkpoint: %w", err)
	}
	if head, body, err = decode(data); err != nil {
		return nil, nil, fmt.Errorf("train: %s: %w", path, err)
	}
	return head, body, nil
}

func decode(data []byte) (head, body []byte, err error) {
	start := len(magic) + 16
	if len(data) < start+sha256.Size || string(data[:len(magic)]) != magic {
		return nil, nil, fmt.Errorf("%w: too short or no checkpoint at all", ErrDamaged)
	}
	end := len(data) - sha256.Size
	if sum := sha256.Sum256(data[:end]); !bytes.Equal(sum[:], data[end:]) {
		return nil, nil, fmt.Errorf("%w: SHA-256 differs", ErrDamaged)
	}
	h := binary.LittleEndian.Uint64(data[len(magic):])
	b := binary.LittleEndian.Uint64(data[len(magic)+8:])
	if n := uint64(end - start); h > n || b != n-h {
		return nil, nil, fmt.Errorf("%w: lengths %d and %d in %d bytes", ErrDamaged, h, b, n)
	}
	return data[start : start+int(h)], data[start+int(h) : end], nil
}

// osFS is the real file system.
type osFS struct{}

func (osFS) Create(name string) (File, error) { return os.Create(name) }

func (osFS) Rename(from, to string) error { return os.Rename(from, to) }

func (osFS) Remove(name string) error { return os.Remove(name) }

func (osFS) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
