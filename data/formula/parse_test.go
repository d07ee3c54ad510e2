package formula

import (
	"errors"
	"strings"
	"testing"
)

// malformed lists formulas that Parse refuses: where, with which sentinel, and a part of the message.
var malformed = []struct {
	text string
	pos  int
	kind error
	msg  string
}{
	{"", 0, ErrSyntax, "ends too early"},
	{"   ", 3, ErrSyntax, "ends too early"},
	{"y", 1, ErrSyntax, "expected ~"},
	{"~ x", 0, ErrSyntax, "no response"},
	{"y ~", 3, ErrSyntax, "nothing follows ~"},
	{"y ~ x ~ z", 6, ErrSyntax, "exactly one ~"},
	{"y ~ x +", 7, ErrSyntax, "ends too early"},
	{"y ~ + ", 6, ErrSyntax, "ends too early"},
	{"y ~ * x", 4, ErrSyntax, "unexpected *"},
	{"y ~ x z", 6, ErrSyntax, "unexpected z"},
	{"y ~ (x + z", 4, ErrSyntax, "never closed"},
	{"y ~ x)", 5, ErrSyntax, "unexpected )"},
	{"y ~ ()", 5, ErrSyntax, "unexpected )"},
	{"y ~ log(x", 7, ErrSyntax, "never closed"},
	{"y ~ log()", 4, ErrSyntax, "one argument, not 0"},
	{"y ~ log(x, 2)", 4, ErrSyntax, "one argument, not 2"},
	{"y ~ poly(x,)", 11, ErrSyntax, "argument after the comma"},
	{"y ~ `x", 4, ErrSyntax, "closing backquote"},
	{"y ~ ``", 4, ErrSyntax, "name is empty"},
	{"y ~ C(x, \"a)", 9, ErrSyntax, "closing quote"},
	{"y ~ \"x\"", 4, ErrSyntax, "string cannot stand as a term"},
	{"y ~ x @ z", 6, ErrSyntax, "unexpected character"},
	{"y ~ 2x", 4, ErrSyntax, "neither a number nor a name"},
	{"y ~ 1e999", 4, ErrSyntax, "out of range"},
	{"y ~ x == 3", 6, ErrUnsupported, "operator =="},
	{"y ~ I(x > 3)", 8, ErrUnsupported, "operator >"},
	{"y <- x", 2, ErrUnsupported, "operator <-"},
	{"y ~ x/1000", 6, ErrSyntax, "1000 is not a term"},
	{"y ~ 2*x", 4, ErrSyntax, "2 is not a term"},
	{"y ~ x:1", 6, ErrSyntax, "no variables to multiply"},
	{"y ~ (0 + 1):x", 4, ErrSyntax, "no variables to multiply"},
	{"y ~ (x + z)^0", 12, ErrSyntax, "whole number from 1"},
	{"y ~ (x + z)^w", 12, ErrSyntax, "whole number from 1"},
	{"y ~ (x + z)^2.5", 12, ErrSyntax, "whole number from 1"},
	{"y ~ (1|g)", 5, ErrUnsupported, "group term (1|g)"},
	{"y ~ x + (1 + x || g)", 9, ErrUnsupported, "group term (1+x||g)"},
	{"y ~ x | g", 4, ErrUnsupported, "group term (x|g)"},
	{"y ~ s(x)", 4, ErrUnsupported, "s(x): smooth terms"},
	{"y ~ t2(x, z)", 4, ErrUnsupported, "t2(x,z): smooth terms"},
	{"y ~ gp(x)", 4, ErrUnsupported, "gp(x): Gaussian processes"},
	{"y ~ z + mo(x)", 8, ErrUnsupported, "mo(x): monotonic"},
	{"y ~ me(x, sdx)", 4, ErrUnsupported, "me(x,sdx)"},
	{"y ~ mi(x)", 4, ErrUnsupported, "mi(x)"},
	{"y ~ cs(x)", 4, ErrUnsupported, "cs(x)"},
	{"y ~ ar(p = 1)", 4, ErrUnsupported, "ar(p=1)"},
	{"y | cens(c) ~ x", 4, ErrUnsupported, "cens(c)"},
	{"y | mi() ~ x", 4, ErrUnsupported, "mi()"},
	{"bf(y) ~ x", 0, ErrUnsupported, "bf(y)"},
	{"bf(y ~ x, sigma ~ z)", 5, ErrSyntax, "exactly one ~"},
	{"y ~ lg(x)", 4, ErrUnknown, "unknown function lg()"},
	{"y ~ I(sine(x))", 6, ErrUnknown, "unknown function sine()"},
	{"y ~ log(scale(x))", 8, ErrUnsupported, "cannot stand inside arithmetic"},
	{"y ~ I(C(x))", 6, ErrSyntax, "C() cannot stand inside arithmetic"},
	{"y ~ I(x:z)", 6, ErrSyntax, "no meaning in arithmetic"},
	{"y ~ log(.)", 8, ErrSyntax, "dot cannot stand"},
	{"y ~ C(x + z)", 6, ErrSyntax, "name of a column"},
	{"y ~ C(x, a + b)", 9, ErrSyntax, "must be a level"},
	{"y ~ C()", 4, ErrSyntax, "one or two arguments"},
	{"y ~ poly(x, 0)", 12, ErrSyntax, "from 1 to 20"},
	{"y ~ poly(x, z)", 12, ErrSyntax, "from 1 to 20"},
	{"y ~ poly(x, 2, raw = TRUE)", 21, ErrUnsupported, "no argument raw"},
	{"y ~ poly(x, 2, 3)", 15, ErrSyntax, "at most 2 arguments"},
	{"y ~ poly(x, 2, degree = 3)", 24, ErrSyntax, "twice"},
	{"y ~ bs(x, df = 2)", 15, ErrSyntax, "at least its degree"},
	{"y ~ bs(x, knots = 3)", 18, ErrUnsupported, "no argument knots"},
	{"y ~ scale(3)", 10, ErrSyntax, "of a constant"},
	{"y ~ offset(x):z", 4, ErrSyntax, "cannot be multiplied"},
	{"y ~ x - offset(x)", 8, ErrSyntax, "cannot be multiplied"},
	{"y ~ (x + offset(z))*w", 9, ErrSyntax, "cannot be multiplied"},
	{"y ~ offset(x, z)", 4, ErrSyntax, "one argument"},
	{"y ~ weights(w)", 4, ErrSyntax, "weights() cannot stand"},
	{"y | w ~ x", 4, ErrSyntax, "expected weights() or trials()"},
	{"y | weights(w) + weights(v) ~ x", 17, ErrSyntax, "given twice"},
	{"p(k, n) | trials(n) ~ x", 17, ErrSyntax, "both give the number of trials"},
	{"cbind(k) ~ x", 0, ErrSyntax, "two arguments, not 1"},
	{"3 ~ x", 0, ErrSyntax, "response is a constant"},
	{". ~ x", 0, ErrSyntax, "dot cannot stand"},
	{"a:b ~ x", 0, ErrSyntax, "left side"},
	{"scale(y) ~ x", 0, ErrSyntax, "scale() cannot stand on the left"},
	{"y ~ (a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q+r+s+t)^20", 4, ErrTooWide, "more than 20000 terms"},
}

func TestMalformed(t *testing.T) {
	for _, c := range malformed {
		_, err := Parse(c.text)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: error is %v, want an *Error", c.text, err)
			continue
		}
		if e.Pos != c.pos || !errors.Is(err, c.kind) || !strings.Contains(e.Msg, c.msg) {
			t.Errorf("%q: at %d (%v): %s; want at %d (%v): %s", c.text, e.Pos, e.Unwrap(), e.Msg, c.pos, c.kind, c.msg)
		}
	}
}

func TestErrorShowsCaret(t *testing.T) {
	_, err := Parse("größe ~ `übung` + s(x)")
	want := "formula: s(x): smooth terms are not supported; use bs(x, df = k) or poly(x, k)\n" +
		"  größe ~ `übung` + s(x)\n" +
		"                    ^"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

// TestErrorWindow checks that a fault deep in a long formula is shown in a window of bounded width with its caret
// in place.
func TestErrorWindow(t *testing.T) {
	_, err := Parse("y ~ " + strings.Repeat("abc + ", 100) + "s(x)" + strings.Repeat(" + abc", 100))
	lines := strings.Split(err.Error(), "\n")
	caret := strings.IndexByte(lines[2], '^')
	if len(lines[1]) > 110 || !strings.HasPrefix(lines[1][caret:], "s(x)") {
		t.Errorf("got\n%v", err)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for _, text := range []string{
		"y ~ " + strings.Repeat("(", 100000) + "x",
		"y ~ " + strings.Repeat("-", 60000) + "x",
		"y ~ I(" + strings.Repeat("x^", 30000) + "x)",
	} {
		if _, err := Parse(text); !errors.Is(err, ErrSyntax) {
			t.Errorf("%.20q...: error is %v", text, err)
		}
	}
	if _, err := Parse("y ~ " + strings.Repeat("x + ", 16000) + "x"); err != nil {
		t.Errorf("a long sum: %v", err)
	}
}

func TestColumns(t *testing.T) {
	f, err := Parse("log(a) | weights(w) ~ b*C(d, \"k\") - `e f` + offset(log(g)) + I(b + h)")
	if err != nil {
		t.Fatal(err)
	}
	names, all := f.Columns()
	if got := strings.Join(names, ","); got != "a,w,b,d,e f,h,g" || all {
		t.Errorf("columns are %s (all %v)", got, all)
	}
	if f, err = Parse("y ~ . - x"); err != nil {
		t.Fatal(err)
	}
	if _, all = f.Columns(); !all {
		t.Error("the dot does not ask for every column")
	}
}

// FuzzParse checks that any text either parses or gives a located error, and that what parses can be listed.
func FuzzParse(f *testing.F) {
	for _, c := range malformed {
		f.Add(c.text)
	}
	for _, text := range []string{"y ~ .", "log(y) | weights(w) + trials(n) ~ (a+b)^2/c - 1 + poly(x,3):bs(z,df=4) + offset(e)",
		"cbind(k, n-k) ~ `odd name` * C(f, 'it''s')", "y~-x**-1", "p(k,n)~0+.-a:b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		formula, err := Parse(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Pos < 0 || e.Pos > len(text) || e.Error() == "" {
				t.Fatalf("%q: error is %#v", text, err)
			}
			return
		}
		formula.Columns()
		if _, err := expand(formula, []string{"a", "b"}); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}

// TestQuotes checks that strings and backquoted names keep what is inside them.
func TestQuotes(t *testing.T) {
	f, err := Parse("y ~ C(f, \"a\\\"b\") + C(`odd  name`, 'it\\'s') + log( `a b` )")
	if err != nil {
		t.Fatal(err)
	}
	x, err := expand(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	if x.atoms[0].ref != `a"b` || x.atoms[1].ref != "it's" || x.atoms[1].column != "odd  name" || x.atoms[2].text != "log(`a b`)" {
		t.Errorf("atoms are %+v", x.atoms)
	}
}
