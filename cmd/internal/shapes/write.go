package shapes

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"strings"

	"elbo/cmd/internal/rundir"
)

// Written says what Write wrote.
type Written struct {
	SchemaVersion int      `json:"schema_version"`
	Images        string   `json:"images"`
	Labels        string   `json:"labels,omitempty"`
	Count         int64    `json:"count"`
	Shape         []int    `json:"shape"`
	Kinds         []string `json:"kinds"`
	Seed          uint64   `json:"seed"`
}

// Write draws n images and writes them as an IDX file, gzip where path ends in .gz. Where the
// name says "images", the labels go beside it under the name that says "labels".
func Write(path string, n int64, seed uint64) (*Written, error) {
	w := &Written{SchemaVersion: 1, Images: path, Count: n, Shape: []int{Side, Side}, Kinds: Names, Seed: seed,
		Labels: labelPath(path)}
	labels := make([]byte, n)
	err := writeIDX(path, []uint32{uint32(n), Side, Side}, func(out io.Writer) error {
		pixels := make([]byte, Side*Side)
		for i := range n {
			labels[i] = byte(Draw(pixels, seed, uint64(i)))
			if _, err := out.Write(pixels); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || w.Labels == "" {
		return w, err
	}
	return w, writeIDX(w.Labels, []uint32{uint32(n)}, func(out io.Writer) error {
		_, err := out.Write(labels)
		return err
	})
}

// labelPath returns where the labels of images go, "" when the name has no word for them.
func labelPath(path string) string {
	dir, base := filepath.Split(path)
	if !strings.Contains(base, "images") {
		return ""
	}
	base = strings.Replace(base, "images", "labels", 1)
	return dir + strings.Replace(base, "idx3", "idx1", 1)
}

// writeIDX writes an IDX file of bytes, whole or not at all.
func writeIDX(path string, dims []uint32, body func(io.Writer) error) error {
	return rundir.WriteFile(path, func(w io.Writer) error {
		if !strings.HasSuffix(path, ".gz") {
			return encodeIDX(w, dims, body)
		}
		z := gzip.NewWriter(w)
		return errors.Join(encodeIDX(z, dims, body), z.Close())
	})
}

func encodeIDX(w io.Writer, dims []uint32, body func(io.Writer) error) error {
	out := bufio.NewWriterSize(w, 1<<16)
	head := []byte{0, 0, 8, byte(len(dims))} // 8 is the code of unsigned bytes
	for _, d := range dims {
		head = binary.BigEndian.AppendUint32(head, d)
	}
	_, err := out.Write(head)
	return errors.Join(err, body(out), out.Flush())
}
