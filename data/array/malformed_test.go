package array

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"elbo/data"
)

const header2x2 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"

// zipFile builds an archive of one deflated member.
func zipFile(t testing.TB, name string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// directory returns a copy of an archive with the 2 or, for sizes, 4 bytes at a place of its directory entry changed.
func directory(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	at += bytes.LastIndex(b, []byte("PK\x01\x02"))
	b[at], b[at+1] = to, 0
	if to == 0xff {
		b[at+1], b[at+2], b[at+3] = 0xff, 0xff, 0x7f
	}
	return b
}

// flipped returns a copy with one byte changed.
func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x55
	return b
}

// forged returns a gzip stream whose trailer claims another size.
func forged(b []byte, size uint32) []byte {
	b = bytes.Clone(b)
	binary.LittleEndian.PutUint32(b[len(b)-4:], size)
	return b
}

// longHeader returns a sound file of version 2 whose header is padded to n bytes.
func longHeader(n int) []byte {
	out := binary.LittleEndian.AppendUint32(append([]byte(npyMagic), 2, 0), uint32(n))
	out = append(out, header2x2...)
	return append(append(out, strings.Repeat(" ", n-len(header2x2))...), make([]byte, 16)...)
}

// malformedFiles are files that must be refused: what the message must hold, and the class if it is not ErrFormat.
func malformedFiles(t testing.TB) []malformedFile {
	good, four := idxFile(8, []uint32{2, 2, 2}, make([]byte, 8)), make([]byte, 16)
	npy, packed := npyFile(header2x2, four), gzipped(t, good)
	zipped := zipFile(t, "x.npy", npy)
	descr := func(d string) []byte { return npyFile(strings.Replace(header2x2, "'<f4'", d, 1), four) }
	shape := func(s string) []byte { return npyFile(strings.Replace(header2x2, "(2, 2)", s, 1), four) }
	noise := make([]byte, 128<<10) // does not shrink, so that the file could hold 1032 times as much
	rand.NewChaCha8([32]byte{}).Read(noise)
	zeros := gzipped(t, idxFile(8, []uint32{4 << 20}, make([]byte, 2<<20)))
	return []malformedFile{
		{"empty.idx", nil, "magic number", nil},
		{"short.idx", good[:3], "magic number", nil},
		{"magic.idx", flipped(good, 0), "magic number", nil},
		{"code.idx", flipped(good, 2), "type code", nil},
		{"nodims.idx", []byte{0, 0, 8, 0}, "dimensions", nil},
		{"manydims.idx", []byte{0, 0, 8, 255, 0, 0, 0, 1}, "dimensions", nil},
		{"cutdims.idx", good[:10], "dimension 2", nil},
		{"cut.idx", good[:len(good)-1], "data", nil},
		{"longer.idx", append(bytes.Clone(good), 0), "1 bytes follow", nil},
		{"lying.idx", idxFile(8, []uint32{1 << 30, 2}, []byte{1}), "promises", nil},
		{"overflow.idx", idxFile(14, []uint32{1 << 31, 1 << 31, 1 << 31}, nil), "shape", nil},
		{"large.idx", idxFile(8, []uint32{1 << 31, 1 << 10}, nil), "limit", data.ErrLimit},
		{"noitems.idx", idxFile(8, []uint32{0, 28, 28}, nil), "no values", data.ErrEmpty},
		{"zerowide.idx", idxFile(8, []uint32{5, 0}, nil), "no values", data.ErrEmpty},
		{"cut-ubyte.gz", packed[:len(packed)-9], "early", nil},
		{"head-ubyte.gz", packed[:5], "gzip header", nil},
		{"flip-ubyte.gz", flipped(packed, 14), "", nil},
		{"crc-ubyte.gz", flipped(packed, len(packed)-6), "damaged", nil},
		{"tail-ubyte.gz", gzipped(t, append(bytes.Clone(good), 1)), "bytes follow", nil},
		{"lying-ubyte.gz", forged(gzipped(t, idxFile(8, []uint32{1 << 30}, []byte{1})), 1<<30+8), "promises", nil},
		{"noise-ubyte.gz", gzipped(t, idxFile(8, []uint32{100 << 20}, noise)), "promises", nil},
		{"zeros-ubyte.gz", forged(zeros, 4<<20+8), "promises", nil},

		{"empty.npy", nil, "magic number", nil},
		{"magic.npy", flipped(npy, 1), "magic number", nil},
		{"version.npy", flipped(npy, 6), "version", nil},
		{"length.npy", npyFile(header2x2, four)[:40], "header length", nil},
		{"long.npy", append([]byte(npyMagic), 2, 0, 0xff, 0xff, 0xff, 0x7f), "header length", nil},
		{"padded.npy", longHeader(npyHeaderBytes + 1), "header length", nil},
		{"dims.npy", shape("(" + strings.Repeat("1,", maxDims-1) + "2,2)"), "dimensions", nil},
		{"nodict.npy", npyFile("[1]", four), "header", nil},
		{"open.npy", npyFile("{'descr': '<f4'", four), "comma or }", nil},
		{"same.npy", npyFile("{'descr': '<f4', 'descr': '<f4', }", four), "twice", nil},
		{"missing.npy", npyFile("{'descr': '<f4', 'fortran_order': False}", four), "shape: missing", nil},
		{"key.npy", npyFile("{'dtype': '<f4'}", four), "unknown key", nil},
		{"order.npy", npyFile("{'fortran_order': 1}", four), "True or False", nil},
		{"after.npy", npyFile(header2x2+"x", four), "nothing after", nil},
		{"type.npy", descr("'<f3'"), "descr", nil},
		{"notype.npy", descr("''"), "descr", nil},
		{"notext.npy", descr("7"), "descr", nil},
		{"negative.npy", shape("(-2, -2)"), "shape", nil},
		{"huge.npy", shape("(99999999999999999999,)"), "shape", nil},
		{"overflow.npy", shape("(4611686018427387904, 2)"), "shape", nil},
		{"lying.npy", shape("(4000000, 2)"), "promises", nil},
		{"trailing.npy", shape("(2,)"), "follow", nil},
		{"tuple.npy", shape("[2]"), "a tuple", nil},
		{"words.npy", shape("(two,)"), "whole number", nil},

		{"cut.npz", zipped[:len(zipped)-5], "zip directory", nil},
		{"text.npz", []byte("PK\x03\x04 and nothing else"), "zip directory", nil},
		{"members.npz", zipFile(t, "x.txt", npy), ".npy", nil},
		{"flip.npz", flipped(zipped, 40), "", nil},
		{"claims.npz", directory(zipped, 24, 0xff), "claims", nil},
		{"stored.npz", directory(zipped, 20, 0xff), "claims", nil},
		{"secret.npz", directory(zipped, 8, 1), "encrypted", nil},
		{"method.npz", directory(zipped, 10, 99), "algorithm", nil},
		{"inner.npz", zipFile(t, "x.npy", npy[:len(npy)-4]), "promises", nil},
		{"longer.npz", zipFile(t, "x.npy", append(bytes.Clone(npy), 1)), "follow", nil},
	}
}

type malformedFile struct {
	name    string
	content []byte
	text    string
	class   error
}

// TestMalformed checks class, message, time and memory of every refusal.
func TestMalformed(t *testing.T) {
	for _, tc := range malformedFiles(t) {
		t.Run(tc.name, func(t *testing.T) {
			path := save(t, tc.name, tc.content)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := Open(path, Options{})
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			class := tc.class
			if class == nil {
				class = data.ErrFormat
			}
			var located *data.Error
			if !errors.Is(err, class) || !errors.As(err, &located) || !strings.HasPrefix(located.File, path) ||
				!strings.Contains(err.Error(), tc.text) {
				t.Errorf("error %v, want class %v, the file and %q", err, class, tc.text)
			}
			// The largest file holds 2 MB of zeros, doubled while it arrives: lies must not cost more.
			if took > time.Second || after.TotalAlloc-before.TotalAlloc > 16<<20 {
				t.Errorf("took %v and %d bytes", took, after.TotalAlloc-before.TotalAlloc)
			}
			if !Recognized(path) {
				t.Error("not recognized as an array")
			}
		})
	}
}

// TestRefusedByName checks what NumPy writes and this package does not read.
func TestRefusedByName(t *testing.T) {
	for file, text := range map[string]string{
		"object.npy": "Python objects", "text.npy": "text", "record.npy": "named fields", "half.npy": "f2",
		"complex.npy": "complex", "scalar.npy": "single number", "empty.npy": "no values",
	} {
		if _, err := Open("testdata/"+file, Options{}); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error %v, want %q", file, err, text)
		}
	}
}

func TestMisuse(t *testing.T) {
	images := save(t, "images.idx", idxFile(8, []uint32{3, 1}, []byte{1, 2, 3}))
	csv := save(t, "d.csv", []byte("a,b\n1,x\nNA,y\n"))
	for _, tc := range []struct {
		path  string
		opt   Options
		class error
		text  string
	}{
		{"testdata/absent.npy", Options{}, data.ErrNoInput, "no such file"},
		{"testdata", Options{}, data.ErrNoInput, "regular"},
		{"testdata/set.npz", Options{}, data.ErrOption, "set.npz:x_train"},
		{"testdata/set.npz:x_tran", Options{}, data.ErrColumn, "did you mean x_train"},
		{"testdata/set.npz:x_train", Options{Member: "x_test"}, data.ErrOption, "member"},
		{"testdata/u1.npy", Options{Member: "x"}, data.ErrOption, "no members"},
		{"testdata/u1.npy", Options{Columns: []string{"x"}}, data.ErrOption, "no columns"},
		{"testdata/u1.npy", Options{MaxBytes: 23}, data.ErrLimit, "limit"},
		{"testdata/u1.npy", Options{MaxBytes: -1}, data.ErrOption, "negative"},
		{images, Options{Labels: "testdata/i8.npy"}, data.ErrFormat, "4 labels"},
		{images, Options{Labels: "testdata/absent.npy"}, data.ErrNoInput, "absent"},
		{"testdata/u1.npy", Options{Labels: "testdata/f8_big.npy"}, data.ErrFormat, "not labels"},
		{"testdata/u1.npy", Options{Labels: halfLabels(t)}, data.ErrFormat, "item 1 is 0.5"},
		{csv, Options{}, data.ErrColumn, "holds text"},
		{csv, Options{Labels: "b"}, data.ErrFormat, "d.csv:3"},
		{csv, Options{Labels: "digit"}, data.ErrColumn, ""},
		{csv, Options{Columns: []string{"b"}, Labels: "a"}, data.ErrColumn, "holds text"},
	} {
		_, err := Open(tc.path, tc.opt)
		if !errors.Is(err, tc.class) || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s %+v: error %v, want %v with %q", tc.path, tc.opt, err, tc.class, tc.text)
		}
	}
}

// halfLabels saves two labels, one of which is none.
func halfLabels(t *testing.T) string {
	path := save(t, "l.npy", nil)
	if err := WriteNPY(path, []int{2}, []float64{1, 0.5}); err != nil {
		t.Fatal(err)
	}
	return path
}

// FuzzOpen accepts errors with a class and arrays that agree with themselves.
func FuzzOpen(f *testing.F) {
	for _, tc := range malformedFiles(f) {
		if len(tc.content) < 1<<10 {
			f.Add(tc.content)
		}
	}
	for _, name := range []string{"u1.npy", "f4_fortran.npy", "f8_big.npy", "one.npz", "version3.npy"} {
		content, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if len(content) > 1<<16 {
			return
		}
		a, err := Open(save(t, "f", content), Options{MaxBytes: 1 << 24})
		if err != nil {
			for _, class := range []error{data.ErrFormat, data.ErrEmpty, data.ErrLimit, data.ErrOption, data.ErrColumn,
				data.ErrCorrupt} {
				if errors.Is(err, class) {
					return
				}
			}
			t.Fatalf("error without a class: %v", err)
		}
		if int64(len(a.Raw())) != a.Items()*int64(a.ItemBytes()) || a.Items() < 1 || a.Width() < 1 {
			t.Fatalf("%v: %d bytes", a, len(a.Raw()))
		}
		if err := a.Rows([]int64{a.Items() - 1}, ScaleAuto, make([]float32, a.Width())); err != nil {
			t.Fatal(err)
		}
		_ = a.Stats()
	})
}
