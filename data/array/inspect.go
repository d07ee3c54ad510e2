package array

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Inspection is what one pass over a file of arrays says.
type Inspection struct {
	SchemaVersion int       `json:"schema_version"` // 1
	File          string    `json:"file"`
	Format        string    `json:"format"`
	Arrays        []Summary `json:"arrays"`
}

// Summary describes one array.
type Summary struct {
	Name      string       `json:"name,omitempty"` // of a member of an NPZ file
	DType     string       `json:"dtype"`
	Shape     []int        `json:"shape"`
	Items     int64        `json:"items"`
	Bytes     int64        `json:"bytes"`
	LabelFile string       `json:"label_file,omitempty"`
	Labels    []LabelCount `json:"labels,omitempty"` // in ascending order
	Stats
}

// LabelCount says how often a label occurs.
type LabelCount struct {
	Label int32 `json:"label"`
	Count int64 `json:"count"`
}

// Inspect reads the array at path, or every array of an NPZ file when none is named, one after the other.
func Inspect(path string, opt Options) (*Inspection, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	if file, member := splitMember(path); member == "" && opt.Member == "" && opt.Labels == "" {
		if format, err := sniff(file); err == nil && format == formatNPZ {
			return inspectArchive(file, &opt)
		}
	}
	a, err := Open(path, opt)
	if err != nil {
		return nil, err
	}
	return &Inspection{1, path, a.Format, []Summary{a.summary("")}}, nil
}

func inspectArchive(path string, opt *Options) (*Inspection, error) {
	z, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	defer z.close()
	out := &Inspection{1, path, formatNPZ, nil}
	for i, name := range z.names {
		a, err := z.read(i, opt)
		if err != nil {
			return nil, err
		}
		out.Arrays = append(out.Arrays, a.summary(name))
	}
	return out, nil
}

func (a *Array) summary(name string) Summary {
	s := Summary{Name: name, DType: a.DType.String(), Shape: a.Shape, Items: a.Items(), Bytes: int64(len(a.raw)),
		LabelFile: a.LabelFile, Stats: a.Stats()}
	counts := map[int32]int64{}
	for _, l := range a.Labels {
		counts[l]++
	}
	for _, l := range slices.Sorted(maps.Keys(counts)) {
		s.Labels = append(s.Labels, LabelCount{l, counts[l]})
	}
	return s
}

// WriteText prints the inspection as a table for people.
func (n *Inspection) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "%s: %s\n", n.File, n.Format)
	fmt.Fprintln(tw, "array\titems\titem\ttype\tbytes\tmin\tmax\tmean\tnot finite")
	for i := range n.Arrays {
		s := &n.Arrays[i]
		name := s.Name
		if name == "" {
			name = "-"
		}
		fmt.Fprintf(tw, "%s\t%d\t%s\t%s\t%d\t%.6g\t%.6g\t%.6g\t%d\n", name, s.Items, ShapeText(s.Shape[1:]), s.DType, s.Bytes,
			s.Min, s.Max, s.Mean, s.NotFinite)
	}
	for i := range n.Arrays {
		if s := &n.Arrays[i]; len(s.Labels) > 0 {
			fmt.Fprintf(tw, "labels of %s: %s\n", s.LabelFile, s.labelText())
		}
	}
	if err := tw.Flush(); err != nil {
		return fmt.Errorf("data: write inspection: %w", err)
	}
	return nil
}

// labelText lists labels with their counts.
func (s *Summary) labelText() string {
	const most = 20
	text := ""
	for _, l := range s.Labels[:min(most, len(s.Labels))] {
		text += fmt.Sprintf("%d (%d) ", l.Label, l.Count)
	}
	if len(s.Labels) > most {
		return text + fmt.Sprintf("... %d more", len(s.Labels)-most)
	}
	return text[:len(text)-1]
}
