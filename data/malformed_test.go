package data

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// malformed lists inputs that must be refused, with what the message must name.
var malformed = []struct {
	name, file, text string
	opt              Options
	class            error
	line             int64
	column           string
	say              string
}{
	{"empty file", "a.csv", "", Options{}, ErrEmpty, 0, "", "file is empty"},
	{"only blank lines", "a.csv", "\n\r\n\n", Options{}, ErrEmpty, 0, "", "file is empty"},
	{"only a byte order mark", "a.csv", "\xef\xbb\xbf", Options{}, ErrEmpty, 0, "", "file is empty"},
	{"header only", "a.csv", "a,b,c\n", Options{}, ErrEmpty, 0, "", "no rows after the header"},
	{"header without line break", "a.csv", "a,b,c", Options{}, ErrEmpty, 0, "", "no rows"},
	{"header and blank lines", "a.csv", "a,b\n\n\n\n", Options{}, ErrEmpty, 0, "", "no rows"},
	{"too few fields", "a.csv", "a,b,c\n1,2,3\n4,5\n", Options{}, ErrFormat, 3, "", "row has 2 fields, the header has 3"},
	{"too many fields", "a.csv", "a,b\n1,2\n3,4,5,6\n", Options{}, ErrFormat, 3, "", "row has 4 fields, the header has 2"},
	{"too few in the last row", "a.csv", "a,b\n1,2\n3", Options{}, ErrFormat, 3, "", "row has 1 fields"},
	{"delimiter at the end", "a.csv", "a,b\n1,2,\n", Options{}, ErrFormat, 2, "", "row has 3 fields"},
	{"ragged after quoted line breaks", "a.csv", "a,b\n\"x\n\ny\",2\n3\n", Options{}, ErrFormat, 5, "",
		"row has 1 fields"},
	{"ragged text", "a.csv", "a,b\nx,y\nz\n", Options{}, ErrFormat, 3, "", "row has 1 fields"},
	{"ragged in skipped columns", "a.csv", "a,b,c\n1,2,3\n1,2\n", Options{Columns: []string{"a"}}, ErrFormat, 3, "",
		"row has 2 fields"},
	{"wrong delimiter", "a.csv", "a,b\n1;2\n", Options{}, ErrFormat, 2, "", "row has 1 fields"},
	{"duplicate names", "a.csv", "x,y,x\n1,2,3\n", Options{}, ErrFormat, 1, "3", `name "x" is also that of column 1`},
	{"duplicate after trimming", "a.csv", "x, x\n1,2\n", Options{}, ErrFormat, 1, "2", "also that of column 1"},
	{"no header", "a.csv", "1,1,2\n3,4,5\n", Options{}, ErrFormat, 1, "2", "the first line must be a header"},
	{"quote opened in the last row", "a.csv", "a,b\n1,2\n3,\"x\n", Options{}, ErrFormat, 3, "", "quoted field never ends"},
	{"quote opened in the header", "a.csv", "a,\"b\n1,2\n", Options{}, ErrFormat, 1, "", "quoted field never ends"},
	{"text after a quote", "a.csv", "a,b\n\"x\"y,2\n", Options{}, ErrFormat, 2, "a", `text "y" after a closing quote`},
	{"blank after a quote", "a.csv", "a,b\n1,2\n\"x\" ,2\n", Options{}, ErrFormat, 3, "a", "after a closing quote"},
	{"NUL in text", "a.csv", "a,b\nx\x00,2\n", Options{}, ErrFormat, 2, "", "NUL byte"},
	{"NUL far away", "a.csv", "a,b\n" + strings.Repeat("1,2\n", 100000) + "x\x00,2\n", Options{}, ErrFormat, 100002, "a",
		"NUL byte"},
	{"binary", "a.csv", "\x7fELF\x02\x01\x01\x00\x00\x00", Options{}, ErrFormat, 1, "", "NUL byte"},
	{"UTF-16", "a.csv", "\xff\xfea\x00,\x00b\x00\n\x00", Options{}, ErrFormat, 0, "", "UTF-16"},
	{"spreadsheet", "a.csv", "PK\x03\x04rest", Options{}, ErrFormat, 0, "", "zip archive or a spreadsheet"},
	{"Parquet", "a.csv", "PAR1rest", Options{}, ErrFormat, 0, "", "Parquet"},
	{"zstd", "a.csv", "\x28\xb5\x2f\xfdrest", Options{}, ErrFormat, 0, "", "zstd"},
	{"Latin-1", "a.csv", "a,b\nd\xe9j\xe0,1\n", Options{}, ErrFormat, 2, "a", "is not UTF-8"},
	{"Latin-1 name", "a.csv", "d\xe9j\xe0,b\n1,1\n", Options{}, ErrFormat, 1, "d\xe9j\xe0", "is not UTF-8"},
	{"old line ends", "a.csv", "a,b\r1,2\r3,4\r", Options{}, ErrFormat, 1, "", "carriage return without line feed"},
	{"lone carriage return", "a.csv", "a,b\n1,x\ry\n", Options{}, ErrFormat, 2, "b", "carriage return without line feed"},
	{"lone carriage return, number", "a.csv", "a,b\n1,2\n1\r2,3\n", Options{}, ErrFormat, 3, "a",
		"carriage return without line feed"},
	{"endless line", "a.csv", "a,b\n1," + strings.Repeat("x", 3<<20), Options{}, ErrFormat, 2, "", "longer than 1 MiB"},
	{"endless quote", "a.csv", "a,b\n1,\"" + strings.Repeat("x,\n", 1<<20), Options{}, ErrFormat, 2, "",
		"longer than 1 MiB"},
	{"endless header", "a.csv", strings.Repeat("x", 3<<20), Options{}, ErrFormat, 1, "", "longer than 1 MiB"},
	{"text where a number was asked for", "a.csv", "a,b\n1,2\nx,3\n", Options{Kinds: map[string]Kind{"a": KindFloat}},
		ErrFormat, 3, "a", `"x" is not a number`},
	{"late text where a number was asked for", "a.csv", "a,b\n" + strings.Repeat("1,2\n", 100000) + "x,2\n",
		Options{Kinds: map[string]Kind{"a": KindFloat}}, ErrFormat, 100002, "a", `"x" is not a number`},
	{"too many labels", "a.csv", "a\nx\ny\nz\n", Options{MaxLevels: 2}, ErrLimit, 4, "a", "more than 2 distinct texts"},
	{"too large for memory", "a.csv", "a\n" + strings.Repeat("1\n", 100000), Options{MaxBytes: 1000}, ErrLimit, 0, "",
		"table exceeds 1000 bytes"},
	{"gzip cut short", "a.csv.gz", gzipText("a,b\n" + strings.Repeat("1,2\n", 50000))[:80], Options{}, ErrFormat, -1, "",
		"gzip stream ends early"},
	{"gzip header only", "a.csv.gz", "\x1f\x8b", Options{}, ErrFormat, 0, "", "gzip stream ends early"},
	{"gzip damaged", "a.csv.gz", flipByte(gzipText("a,b\n"+strings.Repeat("1,2\n", 50000)), -6), Options{}, ErrFormat, -1,
		"", "gzip stream is damaged"},
	{"gzip and rubbish", "a.csv.gz", gzipText("a,b\n1,2\n") + "rubbish", Options{}, ErrFormat, -1, "", "gzip stream"},
	{"gzip twice", "a.csv.gz", gzipText(gzipText("a,b\n1,2\n")), Options{}, ErrFormat, 0, "", "compressed twice"},
	{"gzip of nothing", "a.csv.gz", gzipText(""), Options{}, ErrEmpty, 0, "", "file is empty"},

	{"LIBSVM empty", "a.svm", "", Options{}, ErrEmpty, 0, "", "no rows"},
	{"LIBSVM comments only", "a.svm", "# a\n\n  # b\n", Options{}, ErrEmpty, 0, "", "no rows"},
	{"LIBSVM label", "a.svm", "1 1:2\nx 1:2\n", Options{}, ErrFormat, 2, "label", `"x" is not a number`},
	{"LIBSVM index zero", "a.svm", "1 0:2\n", Options{}, ErrFormat, 1, "", "indices start at 1"},
	{"LIBSVM index text", "a.svm", "1 qid:2\n", Options{}, ErrFormat, 1, "", `feature index "qid"`},
	{"LIBSVM negative index", "a.svm", "1 -3:2\n", Options{}, ErrFormat, 1, "", "not a positive whole number"},
	{"LIBSVM no colon", "a.svm", "1 1:2\n\n1 7\n", Options{}, ErrFormat, 3, "", `"7" has no colon`},
	{"LIBSVM value", "a.svm", "1 4:x\n", Options{}, ErrFormat, 1, "f4", `"x" is not a number`},
	{"LIBSVM order", "a.svm", "1 4:1 4:2\n", Options{}, ErrFormat, 1, "f4", "comes after 4"},
	{"LIBSVM huge index", "a.svm", "1 2000000000:1\n", Options{}, ErrLimit, 1, "f2000000000", "beyond 131072"},
	{"LIBSVM index overflow", "a.svm", "1 99999999999999999999:1\n", Options{}, ErrFormat, 1, "", "positive whole"},
	{"LIBSVM too many features", "a.svm", "1 1:1\n1 3:1\n", Options{NumFeatures: 2}, ErrFormat, 2, "f3", "there are 2"},
	{"LIBSVM endless line", "a.svm", "1 " + strings.Repeat("1:1 ", 1<<20), Options{}, ErrFormat, 0, "",
		"longer than 1 MiB"},
	{"LIBSVM no such column", "a.svm", "1 1:1\n", Options{Columns: []string{"f2"}}, ErrColumn, 0, "f2",
		"columns: label, f1"},
}

func TestMalformed(t *testing.T) {
	for _, tc := range malformed {
		t.Run(tc.name, func(t *testing.T) {
			path := writeFile(t, tc.file, tc.text)
			start := time.Now()
			tab, _, err := Open(path, tc.opt)
			if err == nil {
				t.Fatalf("read as %d rows of %v", tab.Rows(), tab.Schema().Names())
			}
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v; two seconds are promised", took)
			}
			if !errors.Is(err, tc.class) || !strings.Contains(err.Error(), tc.say) {
				t.Errorf("error %q, want class %v and %q", err, tc.class, tc.say)
			}
			if located := (*Error)(nil); errors.As(err, &located) {
				if located.File != path || tc.line >= 0 && located.Line != tc.line || located.Column != tc.column {
					t.Errorf("located at line %d, column %q, want line %d, column %q in %s: %v", located.Line, located.Column,
						tc.line, tc.column, located.File, err)
				}
				if located.Hint == "" {
					t.Errorf("no next step: %v", err)
				}
			} else if tc.line != 0 {
				t.Errorf("error %v has no place", err)
			}
		})
	}
}

func TestOpenNoInput(t *testing.T) {
	for _, path := range []string{"/nowhere/at/all.csv", t.TempDir(), "missing.elbo"} {
		if _, _, err := Open(path, Options{}); !errors.Is(err, ErrNoInput) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want ErrNoInput", path, err)
		}
	}
}

// flipByte flips all bits of one byte, counted from the end when negative.
func flipByte(text string, at int) string {
	b := []byte(text)
	b[(at+len(b))%len(b)] ^= 0xff
	return string(b)
}
