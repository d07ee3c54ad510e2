package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"slices"

	"elbo/graph"
)

// The safetensors format: 8 bytes with the length of the header, little-endian; the header, a
// JSON object that maps each tensor's name to its type, shape and the begin and end of its
// bytes within the payload; the payload, which the tensors cover without holes or overlap. The
// header's key __metadata__ holds strings.
//
// The format itself cannot tell damaged numbers. Files written here hold under the metadata
// key checksumKey the SHA-256, in hexadecimal, of: for each other metadata key in byte order
// key, NUL, value, NUL; for each tensor in file order name, NUL, type, NUL, shape as in
// [2 3], NUL; the payload. It is checked where present.
const (
	metadataKey = "__metadata__"
	checksumKey = "sha256"
	maxHeader   = 100_000_000 // bytes, the limit of the format's own library
)

// entry is a tensor's description in the header.
type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

var dtypeNames = map[graph.DType]string{graph.F32: "F32", graph.F64: "F64"}

// checksum starts the digest of a file with all that comes before the payload.
func checksum(meta map[string]string, names []string, entries map[string]entry) hash.Hash {
	h := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(meta)) {
		if k != checksumKey {
			fmt.Fprintf(h, "%s\x00%s\x00", k, meta[k])
		}
	}
	for _, name := range names {
		e := entries[name]
		fmt.Fprintf(h, "%s\x00%s\x00%v\x00", name, e.DType, e.Shape)
	}
	return h
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// pieceBytes is how much of the payload is encoded or decoded at a time.
const pieceBytes = 64 << 10

// encode writes the elements of t, little-endian, piece by piece.
func encode(w io.Writer, t *Tensor, piece []byte) error {
	size := t.DType.Size()
	for rest := t.Data; len(rest) > 0; {
		n := min(len(rest), len(piece)/size)
		for i, x := range rest[:n] {
			if t.DType == graph.F32 {
				binary.LittleEndian.PutUint32(piece[4*i:], math.Float32bits(float32(x)))
			} else {
				binary.LittleEndian.PutUint64(piece[8*i:], math.Float64bits(x))
			}
		}
		if _, err := w.Write(piece[:n*size]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// decode fills data from r, which yields little-endian elements of dt.
func decode(r io.Reader, dt graph.DType, data []float64, piece []byte) error {
	size := dt.Size()
	for len(data) > 0 {
		n := min(len(data), len(piece)/size)
		if _, err := io.ReadFull(r, piece[:n*size]); err != nil {
			return err
		}
		for i := range data[:n] {
			if dt == graph.F32 {
				data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(piece[4*i:])))
			} else {
				data[i] = math.Float64frombits(binary.LittleEndian.Uint64(piece[8*i:]))
			}
		}
		data = data[n:]
	}
	return nil
}
