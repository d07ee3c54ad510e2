package screen

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style colours text for one output. The zero value leaves text as it is.
type Style struct{ on bool }

// StyleFor returns the style of an output: plain unless it is a terminal that can show
// colours. NO_COLOR and TERM=dumb switch them off.
func StyleFor(w io.Writer, env func(string) (string, bool)) Style {
	if v, ok := env("NO_COLOR"); ok && v != "" {
		return Style{}
	}
	if t, _ := env("TERM"); t == "dumb" {
		return Style{}
	}
	_, tty := Terminal(w)
	return Style{on: tty}
}

// Terminal reports whether w is a terminal, and its width in columns.
func Terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	return width, true
}

func (s Style) wrap(code, text string) string {
	if !s.on || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bold emphasises headings.
func (s Style) Bold(text string) string { return s.wrap("1", text) }

// Dim plays down labels and units.
func (s Style) Dim(text string) string { return s.wrap("2", text) }

// Good marks what is as it should be.
func (s Style) Good(text string) string { return s.wrap("32", text) }

// Warn marks what needs a look.
func (s Style) Warn(text string) string { return s.wrap("33", text) }

// Bad marks what must not be trusted.
func (s Style) Bad(text string) string { return s.wrap("1;31", text) }
