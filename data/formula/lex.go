package formula

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd tokenKind = iota
	tokNumber
	tokString
	tokName
	tokOp // operators, parentheses, commas and the lone dot
)

// token is one lexical element: text is as written, value is the decoded name or string, number its value.
type token struct {
	kind   tokenKind
	pos    int
	text   string
	value  string
	number float64
	quoted bool // a backquoted name
}

// maxText bounds a formula in bytes; a longer one is a file given by mistake.
const maxText = 1 << 16

// twoByteOps are matched before single characters.
var twoByteOps = []string{"**", "||", "&&", "==", "!=", "<=", ">=", "<-", "->"}

const oneByteOps = "~+-:*/^(),|=<>!&"

// lex splits the text into tokens; the last one has kind tokEnd.
func lex(text string) ([]token, error) {
	if len(text) > maxText {
		return nil, &Error{Text: text, Msg: fmt.Sprintf("%d bytes is too long for a formula (limit %d)", len(text),
			maxText)}
	}
	var toks []token
	for pos := 0; ; {
		for pos < len(text) && strings.IndexByte(" \t\r\n", text[pos]) >= 0 {
			pos++
		}
		if pos == len(text) {
			return append(toks, token{kind: tokEnd, pos: pos}), nil
		}
		t, err := lexOne(text, pos)
		if err != nil {
			return nil, err
		}
		toks = append(toks, t)
		pos += len(t.text)
	}
}

// lexOne reads the token that starts at pos, which is not white space.
func lexOne(text string, pos int) (token, error) {
	rest := text[pos:]
	c := rest[0]
	switch {
	case c == '"' || c == '\'':
		return lexString(text, pos)
	case c == '`':
		return lexBackquoted(text, pos)
	case isDigit(c) || c == '.' && len(rest) > 1 && isDigit(rest[1]):
		return lexNumber(text, pos)
	}
	if n := nameLength(rest); n > 0 {
		return token{kind: tokName, pos: pos, text: rest[:n], value: rest[:n]}, nil
	}
	if c == '.' {
		return token{kind: tokOp, pos: pos, text: "."}, nil
	}
	for _, op := range twoByteOps {
		if strings.HasPrefix(rest, op) {
			return token{kind: tokOp, pos: pos, text: op}, nil
		}
	}
	if strings.IndexByte(oneByteOps, c) >= 0 {
		return token{kind: tokOp, pos: pos, text: rest[:1]}, nil
	}
	r, n := utf8.DecodeRuneInString(rest)
	return token{}, &Error{Text: text, Pos: pos, Token: rest[:n], Msg: fmt.Sprintf("unexpected character %q", r),
		Hint: "quote unusual column names with backquotes, as in `my column`"}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// nameLength measures an R-style name: letters, digits, '_' and '.', starting with a letter, '_' or '.', and not
// the dot alone.
func nameLength(s string) int {
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r == utf8.RuneError && size < 2 {
			break
		}
		letter := unicode.IsLetter(r) || r == '_' || r == '.'
		if !letter && (n == 0 || !unicode.IsDigit(r) && !unicode.IsMark(r)) {
			break
		}
		n += size
	}
	if n == 1 && s[0] == '.' {
		return 0
	}
	return n
}

// lexNumber reads 12, 1.5, .5, 1e3 and 1.5E-3.
func lexNumber(text string, pos int) (token, error) {
	end := pos
	digits := func() {
		for end < len(text) && isDigit(text[end]) {
			end++
		}
	}
	digits()
	if end < len(text) && text[end] == '.' {
		end++
		digits()
	}
	if end < len(text) && (text[end] == 'e' || text[end] == 'E') {
		mark := end
		end++
		if end < len(text) && (text[end] == '+' || text[end] == '-') {
			end++
		}
		first := end
		if digits(); end == first {
			end = mark
		}
	}
	lit := text[pos:end]
	if n := nameLength(text[end:]); n > 0 || end < len(text) && text[end] == '.' {
		return token{}, &Error{Text: text, Pos: pos, Token: lit + text[end:end+max(n, 1)],
			Msg:  fmt.Sprintf("%q is neither a number nor a name", lit+text[end:end+max(n, 1)]),
			Hint: "quote a column name that starts with a digit with backquotes"}
	}
	v, err := strconv.ParseFloat(lit, 64)
	if err != nil {
		return token{}, &Error{Text: text, Pos: pos, Token: lit, Msg: fmt.Sprintf("number %s is out of range", lit)}
	}
	return token{kind: tokNumber, pos: pos, text: lit, number: v}, nil
}

// lexString reads a string in single or double quotes; a backslash takes the next character literally.
func lexString(text string, pos int) (token, error) {
	var value strings.Builder
	for i := pos + 1; i < len(text); i++ {
		switch {
		case text[i] == text[pos]:
			return token{kind: tokString, pos: pos, text: text[pos : i+1], value: value.String()}, nil
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		value.WriteByte(text[i])
	}
	return token{}, &Error{Text: text, Pos: pos, Token: text[pos:], Msg: "string has no closing quote"}
}

// lexBackquoted reads a backquoted column name.
func lexBackquoted(text string, pos int) (token, error) {
	n := strings.IndexByte(text[pos+1:], '`')
	if n < 0 {
		return token{}, &Error{Text: text, Pos: pos, Token: text[pos:], Msg: "name has no closing backquote"}
	}
	if n == 0 {
		return token{}, &Error{Text: text, Pos: pos, Token: "``", Msg: "a backquoted name is empty"}
	}
	return token{kind: tokName, pos: pos, text: text[pos : pos+n+2], value: text[pos+1 : pos+1+n], quoted: true}, nil
}

// squeeze writes an expression without the spaces between its tokens: the text of a call in parameter names.
func squeeze(src string) string {
	toks, err := lex(src)
	if err != nil {
		return src
	}
	var b strings.Builder
	for _, t := range toks {
		b.WriteString(t.text)
	}
	return b.String()
}
