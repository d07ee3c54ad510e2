package data

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleCSV has numbers, labels, missing values, a quoted line break, and enough rows for several cache blocks.
func sampleCSV(rows int) string {
	var b strings.Builder
	b.WriteString("x,f,y\n")
	for i := range rows {
		switch {
		case i%7 == 3:
			b.WriteString("NA,,0.5\n")
		case i == 11:
			b.WriteString("1,\"q\nr\",inf\n")
		default:
			fmt.Fprintf(&b, "%d,level %d,%d.25\n", i, i%5, i%100)
		}
	}
	return b.String()
}

// sameTable compares two tables record by record, by Records and Gather.
func sameTable(t *testing.T, got, want Table) {
	t.Helper()
	if got.Rows() != want.Rows() || fmt.Sprint(got.Schema().Columns) != fmt.Sprint(want.Schema().Columns) {
		t.Fatalf("%d rows of %v, want %d rows of %v", got.Rows(), got.Schema().Columns, want.Rows(), want.Schema().Columns)
	}
	a, err := got.Records(0, got.Rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := want.Records(0, want.Rows(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Fatal("records differ")
	}
	width := int64(got.Schema().RecordBytes)
	rows := []int64{got.Rows() - 1, 0, got.Rows() / 2, 0}
	dst := make([]byte, int64(len(rows))*width)
	if err := got.Gather(rows, dst); err != nil {
		t.Fatal(err)
	}
	for k, row := range rows {
		if !bytes.Equal(dst[int64(k)*width:int64(k+1)*width], b[row*width:(row+1)*width]) {
			t.Fatalf("Gather of row %d differs", row)
		}
		if got.SourceLine(row) != want.SourceLine(row) {
			t.Fatalf("row %d: line %d, want %d", row, got.SourceLine(row), want.SourceLine(row))
		}
	}
	f, err := Fingerprint(got)
	if err != nil {
		t.Fatal(err)
	}
	if g, err := Fingerprint(want); err != nil || f != g {
		t.Fatalf("fingerprints %s and %s, %v", f, g, err)
	}
}

func TestConvertRoundTrip(t *testing.T) {
	late := strings.Replace(sampleCSV(40000), "39999,", "text,", 1)
	for _, tc := range []struct {
		name, file, text string
		opt              Options
	}{
		{"csv", "in.csv", sampleCSV(9000), Options{}},
		{"one row", "in.csv", "a\n1\n", Options{}},
		{"late text", "in.csv", late, Options{}},
		{"some columns", "in.csv", sampleCSV(100), Options{Columns: []string{"f"}}},
		{"frozen levels", "in.csv", sampleCSV(100), Options{Levels: map[string][]string{"f": {"level 3", "level 0"}}}},
		{"gzip", "in.csv.gz", gzipText(sampleCSV(9000)), Options{}},
		{"libsvm", "in.libsvm", "1 1:0.5 3:2\n-1 2:7 # odd\n\n0\n", Options{}},
		{"libsvm some", "in.svm", "1 1:0.5 3:2\n-1 2:7\n", Options{Columns: []string{"label", "f3"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := writeFile(t, tc.file, tc.text)
			out := filepath.Join(t.TempDir(), "out.elbo")
			want, _, err := Open(in, tc.opt)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Convert(in, out, tc.opt); err != nil {
				t.Fatal(err)
			}
			second := filepath.Join(t.TempDir(), "second.elbo")
			if err := WriteCache(second, want); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{out, second} {
				for _, noMmap := range []bool{false, true} {
					got, rep, err := Open(path, Options{NoMmap: noMmap})
					if err != nil {
						t.Fatal(err)
					}
					if rep.Format != "cache" || rep.Rows != want.Rows() {
						t.Errorf("report %+v", rep)
					}
					sameTable(t, got, want)
					if err := got.Close(); err != nil {
						t.Error(err)
					}
					if _, err := got.Records(0, 1, nil); !errors.Is(err, ErrClosed) {
						t.Errorf("Records after Close: %v", err)
					}
				}
			}
		})
	}
}

// readAll touches every row.
func readAll(path string, noMmap bool) error {
	t, _, err := Open(path, Options{NoMmap: noMmap, Format: "cache"})
	if err != nil {
		return err
	}
	defer t.Close()
	return EachBlock(t, func([]byte, int64) error { return nil })
}

// TestCacheBitFlips flips single bits over the whole file: every one must be noticed as damage.
func TestCacheBitFlips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.elbo")
	if _, err := Convert(writeFile(t, "in.csv", sampleCSV(6000)), path, Options{}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := readAll(path, false); err != nil {
		t.Fatal(err)
	}
	// All bits at the ends of the parts, a bit in each of many other bytes.
	var places []int
	for at := range whole {
		near := at < 64 || at >= len(whole)-64 || at >= cacheHeaderBytes-8 && at < cacheHeaderBytes+8
		if near || at%1021 == 0 {
			places = append(places, at)
		}
	}
	for _, at := range places {
		for bit := range 8 {
			if at%1021 == 0 && bit != at%8 && at > 64 {
				continue
			}
			damaged := bytes.Clone(whole)
			damaged[at] ^= 1 << bit
			if err := os.WriteFile(path, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := readAll(path, bit%2 == 0); !errors.Is(err, ErrCorrupt) {
				t.Fatalf("bit %d of byte %d of %d flipped: error %v, want ErrCorrupt", bit, at, len(whole), err)
			}
		}
	}
}

func TestCacheTruncation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.elbo")
	if _, err := Convert(writeFile(t, "in.csv", sampleCSV(3000)), path, Options{}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{8, 9, 100, cacheHeaderBytes - 1, cacheHeaderBytes, 5000, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readAll(path, false); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut to %d bytes: error %v, want ErrCorrupt", cut, err)
		}
	}
	if err := os.WriteFile(path, append(whole, 0), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readAll(path, false); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a byte too many: error %v, want ErrCorrupt", err)
	}
}

// TestConvertLeavesNoTrace checks that a failed conversion keeps the old file and no temporary one.
func TestConvertLeavesNoTrace(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "t.elbo")
	if err := os.WriteFile(out, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"a,b\n1,2\n3\n", "a\n", strings.Repeat("a,b\n1,2\n", 2) + "\"open"} {
		if _, err := Convert(writeFile(t, "in.csv", text), out, Options{}); err == nil {
			t.Fatal("a malformed file was converted")
		}
	}
	if _, err := Convert(writeFile(t, "in.svm", "1 1:2\nx\n"), out, Options{NumFeatures: 1}); err == nil {
		t.Fatal("a malformed file was converted")
	}
	old, err := os.ReadFile(out)
	if err != nil || string(old) != "old" {
		t.Errorf("the old file holds %q, %v", old, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("files left: %v, %v", entries, err)
	}
	if _, err := Convert(writeFile(t, "in.csv", "a\n1\n"), filepath.Join(dir, "none", "x.elbo"), Options{}); err == nil {
		t.Error("a file was made in a folder that does not exist")
	}
}

func TestCacheOptions(t *testing.T) {
	in := writeFile(t, "in.csv", "a,b\n1,x\n")
	path := filepath.Join(t.TempDir(), "t.elbo")
	if _, err := Convert(in, path, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		opt   Options
		class error
	}{
		{Options{Columns: []string{"a"}, Kinds: map[string]Kind{"b": KindFactor}}, nil},
		{Options{Columns: []string{"c"}}, ErrColumn},
		{Options{Kinds: map[string]Kind{"a": KindFactor}}, ErrColumn},
		{Options{Kinds: map[string]Kind{"c": KindFactor}}, ErrColumn},
		{Options{Levels: map[string][]string{"b": {"x"}}}, ErrOption},
		{Options{NumFeatures: 3}, ErrOption},
	} {
		tab, _, err := Open(path, tc.opt)
		if !errors.Is(err, tc.class) {
			t.Errorf("%+v: error %v, want %v", tc.opt, err, tc.class)
		}
		if err == nil {
			tab.Close()
		}
	}
	if _, err := Convert(path, path+"2", Options{}); !errors.Is(err, ErrOption) {
		t.Errorf("converting a cache: %v, want ErrOption", err)
	}
}

func TestTableRangeErrors(t *testing.T) {
	in := writeFile(t, "in.csv", "a\n1\n2\n3\n")
	path := filepath.Join(t.TempDir(), "t.elbo")
	if _, err := Convert(in, path, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{in, path} {
		tab, _, err := Open(file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range [][2]int64{{-1, 1}, {2, 1}, {0, 4}} {
			if _, err := tab.Records(r[0], r[1], nil); err == nil {
				t.Errorf("%s: Records(%d, %d) succeeds", file, r[0], r[1])
			}
		}
		dst := make([]byte, 16)
		for _, rows := range [][]int64{{3}, {-1}, {0, 1, 2}} {
			if err := tab.Gather(rows, dst); err == nil {
				t.Errorf("%s: Gather(%v) into 16 bytes succeeds", file, rows)
			}
		}
		tab.Close()
	}
}
