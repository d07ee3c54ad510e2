package nn

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"elbo/graph"
)

// LoadTensors reads a safetensors file of F32 and F64 tensors and its metadata, the checksum
// included. Damaged, truncated and lying files are refused with a *FileError before memory is
// taken for what they claim to hold; memory is bounded by a small multiple of the file's size.
func LoadTensors(path string) (map[string]Tensor, map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("nn: load tensors: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("nn: load tensors: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, &FileError{path, "file", "not a regular file"}
	}
	return readTensors(bufio.NewReaderSize(f, pieceBytes), info.Size(), path)
}

// readTensors reads a file of the given size.
func readTensors(r io.Reader, size int64, path string) (map[string]Tensor, map[string]string, error) {
	raw, err := readHeader(r, size, path)
	if err != nil {
		return nil, nil, err
	}
	h, err := parseHeader(raw, size-8-int64(len(raw)))
	if err != nil {
		return nil, nil, &FileError{path, "header", err.Error()}
	}

	sum := checksum(h.meta, h.names, h.entries)
	body := io.TeeReader(r, sum)
	piece := make([]byte, pieceBytes)
	tensors := make(map[string]Tensor, len(h.names))
	for _, name := range h.names {
		e := h.entries[name]
		dt, _ := dtypeNamed(e.DType) // known, or the header had been refused
		t := Tensor{Shape: e.Shape, DType: dt, Data: make([]float64, graph.Shape(e.Shape).Size())}
		if err := decode(body, t.DType, t.Data, piece); err != nil {
			return nil, nil, &FileError{path, fmt.Sprintf("tensor %q", name), "cannot be read: " + err.Error()}
		}
		tensors[name] = t
	}
	if want, ok := h.meta[checksumKey]; ok && want != digest(sum) {
		return nil, nil, &FileError{path, "checksum", "the content is not what was written; the file is damaged"}
	}
	return tensors, h.meta, nil
}

// readHeader reads length and header.
func readHeader(r io.Reader, size int64, path string) ([]byte, error) {
	var length [8]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, &FileError{path, "header length", "the file ends within its first 8 bytes"}
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > math.MaxInt64 || int64(n) > min(size-8, maxHeader) {
		reason := fmt.Sprintf("%d bytes in a file of %d; at most %d are allowed", n, size, maxHeader)
		return nil, &FileError{path, "header length", reason}
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return nil, &FileError{path, "header", "cannot be read: " + err.Error()}
	}
	return raw, nil
}

// dtypeNamed returns the type that files call name.
func dtypeNamed(name string) (graph.DType, bool) {
	for dt, s := range dtypeNames {
		if s == name {
			return dt, true
		}
	}
	return 0, false
}
