package data

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
)

// Inspection is what one pass over a table says of its columns.
type Inspection struct {
	SchemaVersion int             `json:"schema_version"` // 1
	Rows          int64           `json:"rows"`
	Columns       []ColumnSummary `json:"columns"`
}

// ColumnSummary describes one column. Numbers are over the finite values; levels are the most frequent ones.
type ColumnSummary struct {
	Name     string       `json:"name"`
	Kind     string       `json:"kind"` // "float" or "factor"
	Integer  bool         `json:"integer"`
	Missing  int64        `json:"missing"`
	Infinite int64        `json:"infinite"`
	Min      float64      `json:"min"`
	Max      float64      `json:"max"`
	Mean     float64      `json:"mean"`
	SD       float64      `json:"sd"`       // divisor n-1; 0 when n < 2
	Distinct int          `json:"distinct"` // number of levels; 0 for numbers
	Top      []LevelCount `json:"top,omitempty"`
}

// LevelCount says how often a level occurs.
type LevelCount struct {
	Level string `json:"level"`
	Count int64  `json:"count"`
}

// Inspect reads the table once and summarises every column; top is the number of levels listed for a factor. Means and
// sds come from sums shifted by the first value and merged block by block (Chan, Golub & LeVeque 1983), so that large
// offsets do not cancel.
func Inspect(t Table, top int) (*Inspection, error) {
	s := t.Schema()
	moments := make([]moments, len(s.Columns))
	counts := make([][]int64, len(s.Columns))
	for i := range s.Columns {
		counts[i] = make([]int64, len(s.Columns[i].Levels))
	}
	err := EachBlock(t, func(recs []byte, _ int64) error {
		for i := range s.Columns {
			if c := &s.Columns[i]; c.Kind == KindFactor {
				countCodes(recs, s.RecordBytes, c, counts[i])
			} else {
				moments[i].merge(blockMoments(recs, s.RecordBytes, c))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &Inspection{SchemaVersion: 1, Rows: t.Rows()}
	for i := range s.Columns {
		c := &s.Columns[i]
		out.Columns = append(out.Columns, ColumnSummary{
			Name: c.Name, Kind: c.Kind.String(), Integer: c.Integer, Missing: c.Missing, Infinite: c.Infinite,
			Min: c.Min, Max: c.Max, Mean: moments[i].mean, SD: moments[i].sd(),
			Distinct: len(c.Levels), Top: topLevels(c.Levels, counts[i], top),
		})
	}
	return out, nil
}

// moments are count, mean and sum of squared deviations.
type moments struct{ n, mean, m2 float64 }

// merge adds the values behind b.
func (a *moments) merge(b moments) {
	if b.n == 0 {
		return
	}
	n, d := a.n+b.n, b.mean-a.mean
	a.m2 += b.m2 + d*d*a.n*b.n/n
	a.mean += d * b.n / n
	a.n = n
}

// sd is the sample standard deviation, 0 for fewer than two values.
func (a *moments) sd() float64 {
	if a.n < 2 {
		return 0
	}
	return math.Sqrt(a.m2 / (a.n - 1))
}

// blockMoments sums the finite values of a block about the first of them.
func blockMoments(recs []byte, width int, c *Column) moments {
	shift, started := 0.0, false
	var n, sum, squares float64
	for ; len(recs) > 0; recs = recs[width:] {
		v := Float(recs, c)
		if v-v != 0 {
			continue
		}
		if !started {
			shift, started = v, true
		}
		d := v - shift
		n++
		sum += d
		squares += d * d
	}
	if n == 0 {
		return moments{}
	}
	return moments{n, shift + sum/n, max(0, squares-sum*sum/n)}
}

func countCodes(recs []byte, width int, c *Column, counts []int64) {
	for ; len(recs) > 0; recs = recs[width:] {
		if code := Code(recs, c); code >= 0 {
			counts[code]++
		}
	}
}

// topLevels lists the most frequent levels, ties in level order.
func topLevels(levels []string, counts []int64, top int) []LevelCount {
	out := make([]LevelCount, len(levels))
	for i, l := range levels {
		out[i] = LevelCount{l, counts[i]}
	}
	slices.SortStableFunc(out, func(a, b LevelCount) int { return cmp.Compare(b.Count, a.Count) })
	return out[:min(top, len(out))]
}

// WriteText prints the inspection as a table for people.
func (n *Inspection) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%d rows, %d columns\n", n.Rows, len(n.Columns))
	fmt.Fprintln(tw, "column\tkind\tmissing\tmin\tmax\tmean\tsd\tlevels")
	for i := range n.Columns {
		c := &n.Columns[i]
		if c.Kind == KindFactor.String() {
			fmt.Fprintf(tw, "%s\tfactor\t%d\t\t\t\t\t%s\n", c.Name, c.Missing, c.levelText())
			continue
		}
		kind := "number"
		if c.Integer {
			kind = "whole"
		}
		note := ""
		if c.Infinite > 0 {
			note = fmt.Sprintf("%d infinite", c.Infinite)
		}
		fmt.Fprintf(tw, "%s\t%s\t%d\t%.6g\t%.6g\t%.6g\t%.6g\t%s\n", c.Name, kind, c.Missing, c.Min, c.Max, c.Mean, c.SD, note)
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("data: write inspection: %w", err)
	}
	return nil
}

// levelText is the number of levels and the most frequent ones with their counts.
func (c *ColumnSummary) levelText() string {
	text := fmt.Sprintf("%d:", c.Distinct)
	for _, l := range c.Top {
		text += fmt.Sprintf(" %s (%d)", l.Level, l.Count)
	}
	if len(c.Top) < c.Distinct {
		text += " ..."
	}
	return text
}
