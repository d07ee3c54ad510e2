// Package images keeps compiled kernels on disk, so that a model met before starts at once.
//
// A file holds one image under the hash of everything it depends on: the source, the options, the
// architecture and the compiler's version, which the caller gives to Key. Files begin with a
// checksum: a damaged one is removed and its image compiled again. Writing is atomic, so that
// processes may share a folder, and the files used longest ago go when the folder outgrows its bound.
package images

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	magic  = "elbo kernels 1\n"
	suffix = ".image"
	// bound is the size in bytes the folder is kept within; a model's image has about 100 KiB.
	bound = 256 << 20
)

// Cache is a folder of images. The zero value keeps nothing.
type Cache struct {
	dir   string
	bound int64
}

// Open returns the cache in the folder kernels of $ELBO_CACHE_DIR, or elbo/kernels of the user's
// cache folder. ELBO_CACHE_DIR=off keeps nothing, and neither does a user without a cache folder.
func Open() Cache {
	dir := os.Getenv("ELBO_CACHE_DIR")
	switch dir {
	case "off":
		return Cache{}
	case "":
		base, err := os.UserCacheDir()
		if err != nil {
			return Cache{}
		}
		dir = filepath.Join(base, "elbo")
	}
	return Cache{dir: filepath.Join(dir, "kernels"), bound: bound}
}

// Dir returns the folder, "" when nothing is kept.
func (c Cache) Dir() string { return c.dir }

// Key hashes what an image depends on.
func Key(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		var n [8]byte
		binary.LittleEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil)[:20])
}

func (c Cache) path(key string) string { return filepath.Join(c.dir, key+suffix) }

// Get returns the image of a key, or nil. A damaged file is removed.
func (c Cache) Get(key string) []byte {
	if c.dir == "" {
		return nil
	}
	raw, err := os.ReadFile(c.path(key))
	if err != nil {
		return nil
	}
	image, ok := open(raw, key)
	if !ok {
		_ = os.Remove(c.path(key)) // whether or not that works, Put replaces it
		return nil
	}
	now := time.Now()
	_ = os.Chtimes(c.path(key), now, now) // only the order of removal depends on it
	return image
}

// header is what stands before an image.
func header(image []byte, key string) []byte {
	sum := sha256.Sum256(append([]byte(key), image...))
	return append([]byte(magic), sum[:]...)
}

func open(raw []byte, key string) ([]byte, bool) {
	n := len(magic) + sha256.Size
	if len(raw) <= n || !bytes.Equal(raw[:n], header(raw[n:], key)) {
		return nil, false
	}
	return raw[n:], true
}

// Put keeps an image. A failure costs only a compilation next time; callers may ignore it.
func (c Cache) Put(key string, image []byte) error {
	if c.dir == "" {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return fmt.Errorf("cuda: image cache: %w; set ELBO_CACHE_DIR to a folder that can be written", err)
	}
	f, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return fmt.Errorf("cuda: image cache: %w; set ELBO_CACHE_DIR to a folder that can be written", err)
	}
	_, err = f.Write(append(header(image, key), image...))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), c.path(key))
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("cuda: image cache: %w", err)
	}
	return c.trim()
}

// trim removes the files used longest ago until the rest fits, and leftovers of writers that died.
func (c Cache) trim() error {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return fmt.Errorf("cuda: image cache: %w", err)
	}
	var list []fs.FileInfo
	total := int64(0)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // removed meanwhile, or not ours
		}
		if strings.HasPrefix(e.Name(), "new-") && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(filepath.Join(c.dir, e.Name()))
		}
		if strings.HasSuffix(e.Name(), suffix) {
			list, total = append(list, info), total+info.Size()
		}
	}
	slices.SortFunc(list, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range list {
		if total <= c.bound {
			break
		}
		_ = os.Remove(filepath.Join(c.dir, info.Name())) // another process may have been first
		total -= info.Size()
	}
	return nil
}
