package screen

import (
	"fmt"
	"io"
)

// Label returns the label of a line; all labels end in the same column.
func Label(text string) string { return fmt.Sprintf("%8s", text) }

// WriteFacts prints lines of a label and a text.
func WriteFacts(w io.Writer, s Style, facts [][2]string) error {
	for _, f := range facts {
		if _, err := fmt.Fprintf(w, "%s %s\n", s.Dim(Label(f[0])), f[1]); err != nil {
			return err
		}
	}
	return nil
}
