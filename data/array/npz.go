package array

import (
	"archive/zip"
	"errors"
	"slices"
	"strings"

	"elbo/data"
)

// archive is an open NPZ file: a zip file whose members are NPY files.
type archive struct {
	name    string
	s       *stream
	members []*zip.File
	names   []string // without ".npy", in the order of the file
}

func openArchive(path string) (*archive, error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	z, err := zip.NewReader(f, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // members are never written to disk, so any name will do
		f.Close()
		return nil, malformed(path, "zip directory", "the file was cut short or damaged; fetch it again", "%v", err)
	}
	a := &archive{name: path, s: &stream{file: f, most: size}}
	for _, m := range z.File {
		if name, ok := strings.CutSuffix(m.Name, ".npy"); ok {
			a.members, a.names = append(a.members, m), append(a.names, name)
		}
	}
	if len(a.members) == 0 {
		f.Close()
		return nil, malformed(path, "zip directory", "save it with numpy.savez", "no member ends in .npy")
	}
	return a, nil
}

// find returns the place of the member asked for; without a name there must be only one.
func (a *archive) find(name string) (int, error) {
	if name == "" && len(a.names) == 1 {
		return 0, nil
	}
	hint := "it holds " + strings.Join(a.names[:min(len(a.names), 12)], ", ")
	if name == "" {
		return 0, located(data.ErrOption, a.name, "", "write "+a.name+":"+a.names[0]+"; "+hint,
			"%d arrays, name one of them", len(a.names))
	}
	if i := slices.Index(a.names, strings.TrimSuffix(name, ".npy")); i >= 0 {
		return i, nil
	}
	if near := data.Nearest(name, a.names); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return 0, located(data.ErrColumn, a.name, "", hint, "no array is called %q", name)
}

// stream opens member i. Its sizes in the directory are claims: they are bounded by the size of the file.
func (a *archive) stream(i int) (*stream, error) {
	m, name := a.members[i], a.name+":"+a.names[i]
	if m.Flags&1 != 0 {
		return nil, malformed(name, "zip directory", "save it without a password", "the member is encrypted")
	}
	stored, inflated := m.CompressedSize64, m.UncompressedSize64
	lying := stored > uint64(a.s.most) || inflated > uint64(inflatedAtMost(int64(stored)))
	if lying || m.Method == zip.Store && inflated != stored {
		return nil, malformed(name, "zip directory", "the file is damaged",
			"claims %d bytes stored as %d in a file of %d", inflated, stored, a.s.most)
	}
	r, err := m.Open()
	if err != nil {
		return nil, malformed(name, "zip directory", "save it with numpy.savez", "%v", err)
	}
	// What was deflated takes memory as it arrives: the directory is not sure of its size.
	return &stream{name: name, r: r, size: -1, most: int64(inflated),
		sure: func(int64) bool { return m.Method == zip.Store }}, nil
}

func (a *archive) close() { a.s.close() }

// readNPZ reads one member.
func readNPZ(path, member string, opt *Options) (*Array, error) {
	z, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	defer z.close()
	i, err := z.find(member)
	if err != nil {
		return nil, err
	}
	return z.read(i, opt)
}

func (a *archive) read(i int, opt *Options) (*Array, error) {
	s, err := a.stream(i)
	if err != nil {
		return nil, err
	}
	return readNPY(s, formatNPZ, opt)
}
