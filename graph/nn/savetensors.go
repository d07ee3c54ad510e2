package nn

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"unicode/utf8"
)

// SaveTensors writes named tensors and metadata to a safetensors file, with a checksum among
// the metadata (key sha256, which meta must not have). The file appears whole or not at all:
// it is written beside path, synced and renamed. Its bytes are a function of the content.
func SaveTensors(path string, tensors map[string]Tensor, meta map[string]string) error {
	names, entries, err := layOut(path, tensors, meta)
	if err != nil {
		return err
	}
	piece := make([]byte, pieceBytes)
	sum := checksum(meta, names, entries)
	for _, name := range names {
		t := tensors[name]
		if err := encode(sum, &t, piece); err != nil {
			return fmt.Errorf("nn: save tensors: %w", err)
		}
	}
	header, err := headerBytes(names, entries, meta, digest(sum))
	if err != nil {
		return fmt.Errorf("nn: save tensors to %s: %w", path, err)
	}
	err = replaceFile(path, func(w io.Writer) error {
		if _, err := w.Write(header); err != nil {
			return err
		}
		for _, name := range names {
			t := tensors[name]
			if err := encode(w, &t, piece); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("nn: save tensors to %s: %w", path, err)
	}
	return nil
}

// layOut checks what is to be saved and orders it: wide types first, which aligns all of them,
// then by name.
func layOut(path string, tensors map[string]Tensor, meta map[string]string) ([]string, map[string]entry, error) {
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		if k == checksumKey || !utf8.ValidString(k) || !utf8.ValidString(meta[k]) {
			reason := "the key is kept for the checksum, or the text is not UTF-8"
			return nil, nil, &FileError{path, fmt.Sprintf("metadata %q", k), reason}
		}
	}
	names := slices.SortedFunc(maps.Keys(tensors), func(a, b string) int {
		return cmp.Or(cmp.Compare(tensors[b].DType.Size(), tensors[a].DType.Size()), cmp.Compare(a, b))
	})
	entries, at := map[string]entry{}, int64(0)
	for _, name := range names {
		t := tensors[name]
		if name == metadataKey || !utf8.ValidString(name) {
			return nil, nil, &FileError{path, fmt.Sprintf("tensor %q", name), "not a name the format allows"}
		}
		if err := t.check(); err != nil {
			return nil, nil, &FileError{path, fmt.Sprintf("tensor %q", name), err.Error()}
		}
		end := at + int64(len(t.Data)*t.DType.Size())
		entries[name] = entry{dtypeNames[t.DType], append([]int{}, t.Shape...), [2]int64{at, end}}
		at = end
	}
	return names, entries, nil
}

// headerBytes returns length and header, padded with blanks so that the payload is aligned.
func headerBytes(names []string, entries map[string]entry, meta map[string]string, sum string) ([]byte, error) {
	all := maps.Clone(meta)
	if all == nil {
		all = map[string]string{}
	}
	all[checksumKey] = sum
	var b bytes.Buffer
	b.Write(make([]byte, 8))
	field := func(sep, key string, value any) error {
		k, err := json.Marshal(key)
		if err != nil {
			return err
		}
		v, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s%s:%s", sep, k, v)
		return nil
	}
	if err := field("{", metadataKey, all); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := field(",", name, entries[name]); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	if b.Len()-8 > maxHeader {
		return nil, fmt.Errorf("a header of %d bytes, above the format's %d", b.Len()-8, maxHeader)
	}
	binary.LittleEndian.PutUint64(b.Bytes(), uint64(b.Len()-8))
	return b.Bytes(), nil
}

// replaceFile puts what write writes in the place of path.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, pieceBytes)
	if err = write(w); err != nil {
		return err
	}
	if err = w.Flush(); err != nil {
		return err
	}
	// A temporary file is private; results are as readable as other files.
	if err = f.Chmod(0o644); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
