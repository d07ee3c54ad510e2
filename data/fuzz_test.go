package data

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fuzzLimit keeps single inputs fast; longer ones repeat what shorter ones show.
const fuzzLimit = 1 << 16

// checkOpened walks an opened table: every row readable, counted and within its schema.
func checkOpened(t *testing.T, tab Table, rep *Report) {
	t.Helper()
	defer tab.Close()
	s := tab.Schema()
	rows := int64(0)
	err := EachBlock(tab, func(recs []byte, _ int64) error {
		rows += int64(len(recs) / s.RecordBytes)
		return s.checkCodes(recs)
	})
	if err != nil || rows != tab.Rows() || rep.Rows != rows || rows == 0 {
		t.Fatalf("%d rows read, the table says %d, the report %d: %v", rows, tab.Rows(), rep.Rows, err)
	}
	if _, err := Inspect(tab, 3); err != nil {
		t.Fatal(err)
	}
	_ = rep.String()
}

// checkRefused accepts any error that belongs to a class of this package.
func checkRefused(t *testing.T, err error) {
	t.Helper()
	for _, class := range []error{ErrFormat, ErrEmpty, ErrCorrupt, ErrLimit, ErrOption, ErrColumn} {
		if errors.Is(err, class) {
			return
		}
	}
	t.Fatalf("error without a class: %v", err)
}

// FuzzCSV compares what is read with encoding/csv, an independent reader of the same grammar.
func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n1,x\n2,\"y\"\"\n\"\n"))
	f.Add([]byte("a;b\r\n;\r\n-1.5e3;NA\r\n"))
	f.Add([]byte("\xef\xbb\xbfx\ty\n\n01\tinf\n1\t\n"))
	f.Add([]byte("a,b,c\n12345678901234567890,0.1,.\n+1,-,1.\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > fuzzLimit {
			return
		}
		path := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		tab, rep, err := Open(path, Options{Format: "csv"})
		if err != nil {
			checkRefused(t, err)
			return
		}
		compareCSV(t, text, tab, rep)
		checkOpened(t, tab, rep)
	})
}

// compareCSV checks the cells against encoding/csv where that accepts the text.
func compareCSV(t *testing.T, text []byte, tab Table, rep *Report) {
	t.Helper()
	if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	r.Comma = rune(rep.Delimiter[0])
	records, err := r.ReadAll()
	if err != nil || len(records) == 0 {
		return // stricter about quotes inside fields
	}
	recs, err := tab.Records(0, tab.Rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := tab.Schema()
	if int64(len(records)-1) != tab.Rows() || len(records[0]) != len(s.Columns) {
		t.Fatalf("%d×%d cells, encoding/csv has %d×%d", tab.Rows(), len(s.Columns), len(records)-1, len(records[0]))
	}
	for row, fields := range records[1:] {
		for i := range s.Columns {
			c, want := &s.Columns[i], fields[i]
			got := cell(recs[row*s.RecordBytes:], c)
			if c.Kind == KindFactor {
				// encoding/csv turns \r\n inside quotes into \n.
				if got = strings.ReplaceAll(got, "\r\n", "\n"); got != want && got != "NA" {
					t.Fatalf("row %d, column %d: %q, encoding/csv has %q", row, i, got, want)
				}
				continue
			}
			v, ok := parseNumber(bytes.TrimSpace([]byte(want)))
			if x := Float(recs[row*s.RecordBytes:], c); ok && math.Float64bits(v) != math.Float64bits(x) && v == v {
				t.Fatalf("row %d, column %d: %v, text %q", row, i, x, want)
			}
		}
	}
}

// FuzzLibSVM checks that any text is read or refused.
func FuzzLibSVM(f *testing.F) {
	f.Add([]byte("+1 1:0.5 3:-2 # c\n-1\n"))
	f.Add([]byte("1 7:nan\n0 131072:1e400\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > fuzzLimit {
			return
		}
		path := filepath.Join(t.TempDir(), "f.svm")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		tab, rep, err := Open(path, Options{Format: "libsvm", MaxBytes: 64 << 20})
		if err != nil {
			checkRefused(t, err)
			return
		}
		checkOpened(t, tab, rep)
	})
}

// FuzzCache damages a valid cache: the header, its checksum put right again so that what lies behind it is reached, or
// the trailer alike.
func FuzzCache(f *testing.F) {
	dir := f.TempDir()
	in := filepath.Join(dir, "in.csv")
	if err := os.WriteFile(in, []byte("a,f\n1,x\n2,y\nNA,\n"), 0o600); err != nil {
		f.Fatal(err)
	}
	if _, err := Convert(in, filepath.Join(dir, "t.elbo"), Options{}); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "t.elbo"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(8), uint64(1), true, []byte(nil))
	f.Add(uint32(16), uint64(1<<62), true, []byte(nil))
	f.Add(uint32(4100), uint64(7), false, []byte(`{"schema_version":1}`))
	f.Fuzz(func(t *testing.T, at uint32, xor uint64, seal bool, tail []byte) {
		b := bytes.Clone(whole)
		for i := range 8 {
			b[(int(at%uint32(len(b)))+i)%len(b)] ^= byte(xor >> (8 * i))
		}
		if len(tail) > 0 && len(tail) < fuzzLimit {
			b = resealTrailer(b, tail)
		}
		if seal || len(tail) > 0 {
			sealHeader(b)
		}
		path := filepath.Join(t.TempDir(), "f.elbo")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		tab, rep, err := Open(path, Options{Format: "cache"})
		if err != nil {
			checkRefused(t, err)
			return
		}
		defer tab.Close()
		if err := EachBlock(tab, func([]byte, int64) error { return nil }); err != nil {
			checkRefused(t, err)
			return
		}
		checkOpened(t, tab, rep)
	})
}

// sealHeader makes the checksum of the header right.
func sealHeader(b []byte) {
	binary.LittleEndian.PutUint32(b[cacheHeaderBytes-4:], crc32.Checksum(b[:cacheHeaderBytes-4], castagnoli))
}

// resealTrailer replaces the JSON of the trailer of a cache of one block, with lengths and checksums to match.
func resealTrailer(b, json []byte) []byte {
	rows := int64(binary.LittleEndian.Uint64(b[8:]))
	width := int64(binary.LittleEndian.Uint64(b[16:]))
	if rows < 0 || width < 0 || rows > 1000 || width > 1000 || cacheHeaderBytes+rows*width > int64(len(b)) {
		return b
	}
	data := b[cacheHeaderBytes : cacheHeaderBytes+rows*width]
	out := bytes.Clone(b[:cacheHeaderBytes+len(data)])
	tail := binary.LittleEndian.AppendUint32(bytes.Clone(json), crc32.Checksum(data, castagnoli))
	tail = binary.LittleEndian.AppendUint32(tail, crc32.Checksum(tail, castagnoli))
	binary.LittleEndian.PutUint64(out[32:], uint64(len(tail)))
	binary.LittleEndian.PutUint64(out[40:], uint64(len(json)))
	return append(out, tail...)
}
