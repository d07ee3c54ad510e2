package array

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"elbo/data"
)

// The formats, as Array.Format spells them.
const (
	formatIDX = "idx"
	formatNPY = "npy"
	formatNPZ = "npz"
	formatCSV = "csv"
)

// Open reads the array in the file at path ("file.npz:name" for a member of an NPZ file) and its labels. The format is
// seen from the content, and from the name where the content fits none.
func Open(path string, opt Options) (*Array, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, err
	}
	path, member := splitMember(path)
	if opt.Member != "" {
		if member != "" && member != opt.Member {
			return nil, options("array %s: the path names the member %q, the option %q", path, member, opt.Member)
		}
		member = opt.Member
	}
	a, err := open(path, member, &opt)
	if err != nil {
		return nil, err
	}
	return a, a.findLabels(path, member, &opt)
}

// open reads the values.
func open(path, member string, opt *Options) (*Array, error) {
	format, err := sniff(path)
	if err != nil {
		return nil, err
	}
	if member != "" && format != formatNPZ {
		return nil, options("array %s: has no members, it is not an NPZ file but %s", path, format)
	}
	if len(opt.Columns) > 0 && format != formatCSV {
		return nil, options("array %s: has no columns to choose, it is not a CSV file but %s", path, format)
	}
	switch format {
	case formatNPZ:
		return readNPZ(path, member, opt)
	case formatCSV:
		return readCSV(path, opt)
	}
	s, err := openStream(path)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if format == formatIDX {
		return readIDX(s, opt)
	}
	return readNPY(s, formatNPY, opt)
}

// splitMember separates "file.npz:name" unless a file has just that name.
func splitMember(path string) (file, member string) {
	i := strings.LastIndex(strings.ToLower(path), ".npz:")
	if i < 0 {
		return path, ""
	}
	if _, err := os.Stat(path); err == nil {
		return path, ""
	}
	return path[:i+4], path[i+5:]
}

// Recognized says whether the file at path is an array by content or name: IDX, NPY or NPZ, but not CSV. A file that
// cannot be read is not recognized.
func Recognized(path string) bool {
	file, _ := splitMember(path)
	format, err := sniff(file)
	return format != "" && format != formatCSV && (err == nil || !errors.Is(err, data.ErrNoInput))
}

// sniff returns the format of a file; a damaged gzip header leaves the name to decide.
func sniff(path string) (string, error) {
	byName := formatOfName(path)
	s, err := openStream(path)
	if err != nil {
		return byName, err
	}
	defer s.close()
	var head [6]byte
	n, _ := io.ReadFull(s.r, head[:]) // whoever reads the file meets the error again
	switch {
	case bytes.HasPrefix(head[:n], []byte(npyMagic)):
		return formatNPY, nil
	case bytes.HasPrefix(head[:n], []byte("PK\x03\x04")), bytes.HasPrefix(head[:n], []byte("PK\x05\x06")):
		return formatNPZ, nil
	case n >= 4 && head[0] == 0 && head[1] == 0 && idxType(head[2]) != 0:
		return formatIDX, nil
	case byName != "":
		return byName, nil
	}
	return formatCSV, nil
}

// formatOfName returns what the name of a file promises, "" for nothing.
func formatOfName(path string) string {
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch {
	case strings.HasSuffix(base, "-ubyte"), strings.HasSuffix(base, ".idx"):
		return formatIDX
	case strings.HasSuffix(base, ".npy"):
		return formatNPY
	case strings.HasSuffix(base, ".npz"):
		return formatNPZ
	}
	return ""
}
