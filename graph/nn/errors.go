package nn

import (
	"fmt"
	"slices"
	"strings"
)

// UnknownError says that a name is not among those known.
type UnknownError struct {
	What  string // what is named, e.g. "layer" or "field of layer conv2d"
	Name  string
	Known []string
}

// Error names the nearest known name if one is near, and else lists all.
func (e *UnknownError) Error() string {
	if near := nearest(e.Name, e.Known); near != "" {
		return fmt.Sprintf("nn: unknown %s %q; did you mean %q?", e.What, e.Name, near)
	}
	if len(e.Known) == 0 {
		return fmt.Sprintf("nn: unknown %s %q; it has none", e.What, e.Name)
	}
	return fmt.Sprintf("nn: unknown %s %q; known are %s", e.What, e.Name, strings.Join(e.Known, ", "))
}

// nearest returns the known name of least edit distance, if that is at most a third of the
// name's length, rounded up; else the first that starts with the name; else "".
func nearest(name string, known []string) string {
	best, least := "", (len(name)+2)/3
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d <= least && (best == "" || d < least) {
			best, least = k, d
		}
	}
	if best == "" && len(name) > 1 {
		if i := slices.IndexFunc(known, func(k string) bool { return strings.HasPrefix(k, strings.ToLower(name)) }); i >= 0 {
			return known[i]
		}
	}
	return best
}

// editDistance counts the insertions, deletions and substitutions of bytes between two words.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
