package array

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// findLabels reads the labels that the options or the usual names point to.
func (a *Array) findLabels(path, member string, opt *Options) error {
	if opt.Labels == NoLabels || a.Format == formatCSV {
		return nil
	}
	from := opt.Labels
	if from == "" {
		if from = companion(path, member); from == "" {
			return nil
		}
	}
	file, name := splitMember(from)
	lo := Options{MaxBytes: opt.MaxBytes, Labels: NoLabels}
	l, err := open(file, name, &lo)
	if err != nil {
		return err
	}
	if l.Items() != a.Items() {
		return malformed(from, "shape", "name the right labels, or none", "%d labels, but %s has %d items",
			l.Items(), a.File, a.Items())
	}
	a.Labels, err = l.asLabels()
	a.LabelFile = from
	return err
}

// asLabels converts an array (N) or (N,1) of whole numbers.
func (a *Array) asLabels() ([]int32, error) {
	if a.width != 1 {
		return nil, malformed(a.File, "shape", "one label an item is wanted", "%s values an item are not labels",
			ShapeText(a.Item()))
	}
	out := make([]int32, a.Items())
	var buf [scanBlock]float64
	for from := 0; from < len(out); from += len(buf) {
		part := buf[:min(len(buf), len(out)-from)]
		decode(a.DType, part, a.raw[from*a.DType.Size():])
		for i, v := range part {
			if !isLabel(v) {
				return nil, malformed(a.File, "data", "labels are whole numbers of 32 bits", "item %d is %g", from+i, v)
			}
			out[from+i] = int32(v)
		}
	}
	return out, nil
}

// labelNames are the usual pairs of names; the first that matches counts.
var labelNames = []struct {
	images *regexp.Regexp
	labels string
}{
	{regexp.MustCompile(`images([-.]idx)[0-9]+(-ubyte)`), "labels${1}1${2}"},
	{regexp.MustCompile(`^(|.*[-_.])images($|[-_.])`), "${1}labels${2}"},
	{regexp.MustCompile(`^x($|[-_.])`), "y${1}"},
	{regexp.MustCompile(`^X($|[-_.])`), "y${1}"},
}

// labelName returns the name of the labels that go with the name of images, "" when the name says nothing.
func labelName(images string) string {
	for _, p := range labelNames {
		if p.images.MatchString(images) {
			return p.images.ReplaceAllString(images, p.labels)
		}
	}
	return ""
}

// companion returns the labels that lie beside the images, "" when there are none.
func companion(path, member string) string {
	if member != "" {
		name := labelName(member)
		z, err := openArchive(path)
		if name == "" || err != nil {
			return ""
		}
		defer z.close()
		if _, err := z.find(name); err != nil {
			return ""
		}
		return path + ":" + name
	}
	base := labelName(filepath.Base(path))
	if base == "" {
		return ""
	}
	base = strings.TrimSuffix(base, ".gz")
	for _, name := range []string{base + ".gz", base} {
		name = filepath.Join(filepath.Dir(path), name)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}
