package lower

import (
	"fmt"
	"strings"
)

// element returns the C expression of an element's index at the current point: of the point p
// itself where the tensor is dense, of k and r where it is linear in both, else of coordinates.
func (r *render) element(strides []int) string {
	if isDense(r.g.shape, strides) {
		return "p"
	}
	if text, ok := r.blocks(strides); ok {
		return text
	}
	var terms []string
	for i, s := range strides {
		if s == 0 {
			continue
		}
		r.coords[i] = true
		terms = append(terms, times(fmt.Sprintf("c%d", i), s))
	}
	return sumOf(terms)
}

// blocks writes an index as a sum of multiples of k and r.
func (r *render) blocks(strides []int) (string, bool) {
	if r.p.mode == flat {
		return "", false
	}
	first, second, cut := r.p.k, r.p.r, 0
	a, b := "k", "r"
	if r.p.mode == col {
		first, second, a, b = r.p.r, r.p.k, "r", "k"
	}
	for n := 1; cut < len(strides) && n < first; cut++ {
		n *= r.g.shape[cut]
	}
	if r.g.shape[:cut].Size() != first || r.g.shape[cut:].Size() != second {
		return "", false
	}
	head, ok := linear(r.g.shape[:cut], strides[:cut])
	tail, ok2 := linear(r.g.shape[cut:], strides[cut:])
	if !ok || !ok2 {
		return "", false
	}
	var terms []string
	if head != 0 {
		terms = append(terms, times(a, head))
	}
	if tail != 0 {
		terms = append(terms, times(b, tail))
	}
	return sumOf(terms), true
}

func sumOf(terms []string) string {
	if len(terms) == 0 {
		return "0"
	}
	return strings.Join(terms, " + ")
}

func times(name string, s int) string {
	if s == 1 {
		return name
	}
	return fmt.Sprintf("%s * %du", name, s)
}

// place returns the text that derives the point p, and the coordinates some index needs, from q.
func (r *render) place() string {
	var b strings.Builder
	ix := r.index()
	switch r.p.mode {
	case flat:
		fmt.Fprintf(&b, "\t\t\tconst %s p = q;\n", ix)
	case row:
		fmt.Fprintf(&b, "\t\t\tconst %s r = q, p = k * R + r;\n", ix)
	case col:
		fmt.Fprintf(&b, "\t\t\tconst %s r = q, p = r * K + k;\n", ix)
	}
	b.WriteString("\t\t\t(void)p;\n")
	if r.p.mode != flat {
		b.WriteString("\t\t\t(void)r;\n")
	}
	first := len(r.coords)
	for i, used := range r.coords {
		if used {
			first = min(first, i)
		}
	}
	rest := "p"
	for i := len(r.coords) - 1; i >= first; i-- {
		d := r.g.shape[i]
		switch {
		case i == 0:
			fmt.Fprintf(&b, "\t\t\tconst %s c0 = %s;\n", ix, rest)
		case i > first:
			if r.coords[i] {
				fmt.Fprintf(&b, "\t\t\tconst %s c%d = %s %% %du;\n", ix, i, rest, d)
			}
			fmt.Fprintf(&b, "\t\t\tconst %s d%d = %s / %du;\n", ix, i, rest, d)
			rest = fmt.Sprintf("d%d", i)
		default:
			fmt.Fprintf(&b, "\t\t\tconst %s c%d = %s %% %du;\n", ix, i, rest, d)
		}
	}
	return b.String()
}
