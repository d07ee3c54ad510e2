package nn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A single flipped bit anywhere is refused, or changes nothing that is returned but the name
// of the checksum. No byte that is cut off goes unnoticed.
func TestTensorsDamage(t *testing.T) {
	tensors, meta := sample()
	path, raw := save(t, tensors, meta)
	want, wantMeta, err := LoadTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	delete(wantMeta, checksumKey)
	read := func(raw []byte) (map[string]Tensor, map[string]string, error) {
		return readTensors(bytes.NewReader(raw), int64(len(raw)), "file")
	}
	for bit := range 8 * len(raw) {
		raw[bit/8] ^= 1 << (bit % 8)
		if got, gotMeta, err := read(raw); err == nil {
			maps.DeleteFunc(gotMeta, func(k, v string) bool { return len(v) == 64 })
			if !reflect.DeepEqual(got, want) || !maps.Equal(gotMeta, wantMeta) {
				t.Fatalf("bit %d of byte %d is flipped unnoticed: %q", bit%8, bit/8, raw[bit/8-min(bit/8, 8):bit/8+1])
			}
		} else if e := new(FileError); !errors.As(err, &e) {
			t.Fatalf("bit %d of byte %d: %v is no *FileError", bit%8, bit/8, err)
		}
		raw[bit/8] ^= 1 << (bit % 8)
	}
	for n := range len(raw) {
		if _, _, err := read(raw[:n]); err == nil {
			t.Fatalf("a file cut to %d of %d bytes is read", n, len(raw))
		}
	}
	if _, _, err := read(append(raw, 0)); err == nil {
		t.Error("a file with one byte more is read")
	}
}

// file puts a length before a header and a payload behind.
func file(header string, payload int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(raw, header...), make([]byte, payload)...)
}

func TestTensorsLyingHeaders(t *testing.T) {
	const a = `"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	for _, c := range []struct {
		raw  []byte
		want string
	}{
		{nil, "first 8 bytes"},
		{make([]byte, 7), "first 8 bytes"},
		{binary.LittleEndian.AppendUint64(nil, 1), "1 bytes in a file of 8"},
		{append(binary.LittleEndian.AppendUint64(nil, math.MaxUint64), make([]byte, 9)...), "header length"},
		{file("", 0), "not a JSON object"},
		{file("[]", 0), "not a JSON object"},
		{file(" {}", 0), "not a JSON object"},
		{file("{\"\xff\":1}", 0), "UTF-8"},
		{file("{}x", 0), "follows"},
		{file("{}{}", 0), "follows"},
		{file("{", 0), "end"},
		{file(`{"a"`, 0), "a"},
		{file("{}", 4), "tensors fill 0 bytes, the payload has 4"},
		{file("{"+a+","+a+"}", 8), `"a" occurs twice`},
		{file(`{"__metadata__":{"x":"1","x":"2"}}`, 0), `"x" occurs twice`},
		{file(`{"__metadata__":{"x":1}}`, 0), "a string wanted"},
		{file(`{"__metadata__":[]}`, 0), "an object wanted"},
		{file(`{"a":3}`, 0), "an object wanted"},
		{file("{"+a+"}", 12), "tensors fill 8 bytes"},
		{file("{"+a+"}", 4), "tensors fill 8 bytes"},
		{file("{"+a+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), "holes and overlaps"},
		{file("{"+a+`,"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}`, 16), "holes and overlaps"},
		{file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4), "does not fit"},
		{file(`{"a":{"dtype":"F64","shape":[1,2],"data_offsets":[0,24]}}`, 24), "has 16 bytes, data_offsets say 24"},
		{file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}`, 8), "do not ascend"},
		{file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}`, 8), "do not ascend"},
		{file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}`, 0), "do not ascend"},
		{file(`{"a":{"dtype":"F32","shape":[0,2],"data_offsets":[0,8]}}`, 8), "does not fit"},
		{file(`{"a":{"dtype":"F32","shape":[-1,-2],"data_offsets":[0,8]}}`, 8), "does not fit"},
		{file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}`, 8), "does not fit"},
		{file(`{"a":{"dtype":"F32","shape":[2305843009213693951],"data_offsets":[0,9223372036854775804]}}`, 8), "has 8"},
		{file(`{"a":{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}}`, 8), "number 2e0"},
		{file(`{"a":{"dtype":"F32","shape":[9999999999999999999],"data_offsets":[0,8]}}`, 8), "number 9999"},
		{file(`{"a":{"dtype":"BF16","shape":[4],"data_offsets":[0,8]}}`, 8), `type "BF16"; F32 and F64`},
		{file(`{"a":{"dtype":"","shape":[4],"data_offsets":[0,8]}}`, 8), "are wanted"},
		{file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}`, 8), `unknown field "x"`},
		{file(`{"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}`, 8), `"shape" occurs twice`},
		{file(`{"a":{"dtype":"F32","shape":[2]}}`, 8), "are wanted"},
		{file(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,4]}}`, 4), "are wanted"},
		{file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}`, 8), "are wanted"},
	} {
		_, _, err := readTensors(bytes.NewReader(c.raw), int64(len(c.raw)), "file")
		var e *FileError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %q", c.raw, err, c.want)
		}
	}
	// Nothing is allocated for a header above the limit, however large the file.
	long := binary.LittleEndian.AppendUint64(nil, maxHeader+1)
	_, _, err := readTensors(bytes.NewReader(long), 1<<40, "file")
	if err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("a header above the limit: %v", err)
	}
	// What other programs write is read: no metadata, blanks behind the header.
	got, meta, err := readTensors(bytes.NewReader(file("{"+a+"}   ", 8)), int64(len(a)+5+16), "file")
	if err != nil || len(got) != 1 || len(meta) != 0 {
		t.Errorf("a plain file: %v, %v, %v", got, meta, err)
	}
}

// FuzzLoadTensors looks for panics, for memory beyond what the file pays for, and for files
// that do not come back after being saved again.
func FuzzLoadTensors(f *testing.F) {
	f.Add(file("{}", 0))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tensors, meta, err := readTensors(bytes.NewReader(raw), int64(len(raw)), "file")
		if err != nil {
			return
		}
		elements := 0
		for _, x := range tensors {
			elements += len(x.Data)
		}
		if 4*elements > len(raw) {
			t.Fatalf("%d elements of a file of %d bytes", elements, len(raw))
		}
		delete(meta, checksumKey)
		path := filepath.Join(t.TempDir(), "w")
		if err := SaveTensors(path, tensors, meta); err != nil {
			t.Fatal(err)
		}
		again, _, err := LoadTensors(path)
		if err != nil || len(again) != len(tensors) {
			t.Fatalf("saved again: %d tensors of %d, %v", len(again), len(tensors), err)
		}
	})
}
