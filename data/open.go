package data

import (
	"bytes"
	"fmt"
)

// Open reads the file at path, or standard input when path is "-". The format is that of opt.Format, else the cache
// when the content says so, else LIBSVM for the names .libsvm, .svm and .svmlight, else CSV; gzip is
// seen from the content.
func Open(path string, opt Options) (Table, *Report, error) {
	opt, err := opt.withDefaults()
	if err != nil {
		return nil, nil, err
	}
	src, err := openSource(path)
	if err != nil {
		return nil, nil, err
	}
	defer src.close()
	format, err := src.format(opt.Format)
	if err != nil {
		return nil, nil, err
	}
	if format != formatLibSVM && opt.NumFeatures > 0 {
		return nil, nil, fmt.Errorf("data: open %s: NumFeatures is for LIBSVM, this is %s: %w", path, format, ErrOption)
	}
	switch format {
	case formatLibSVM:
		return loadLibSVM(src, &opt)
	case formatCache:
		return openCache(src, &opt)
	}
	return loadCSV(src, &opt)
}

// The formats, as Options.Format spells them.
const (
	formatCSV    = "csv"
	formatLibSVM = "libsvm"
	formatCache  = "cache"
)

// format decides how to read the source.
func (s *source) format(asked string) (string, error) {
	switch asked {
	case formatCSV, formatLibSVM, formatCache:
		return asked, nil
	case "":
	default:
		return "", fmt.Errorf("data: open %s: unknown format %q (csv, libsvm or cache): %w", s.name, asked, ErrOption)
	}
	head, err := s.head(len(cacheMagic))
	if err != nil {
		return "", err
	}
	if bytes.HasPrefix(head, []byte(cacheMagic)) {
		return formatCache, nil
	}
	switch s.baseExt() {
	case ".libsvm", ".svm", ".svmlight":
		return formatLibSVM, nil
	}
	return formatCSV, nil
}
