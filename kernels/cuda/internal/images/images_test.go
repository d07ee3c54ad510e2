package images

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func opened(t *testing.T) Cache {
	t.Helper()
	t.Setenv("ELBO_CACHE_DIR", t.TempDir())
	return Open()
}

func TestRoundTrip(t *testing.T) {
	c, key := opened(t), Key("source", "sm_90")
	if c.Get(key) != nil {
		t.Error("an empty cache had an image")
	}
	if err := c.Put(key, []byte("image")); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(key); !bytes.Equal(got, []byte("image")) {
		t.Errorf("got %q", got)
	}
}

// TestDamage cuts and flips every byte of a file: each time the image is gone, and so is the file.
func TestDamage(t *testing.T) {
	c, key := opened(t), Key("x")
	if err := c.Put(key, []byte("image")); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(c.path(key))
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		flipped := bytes.Clone(good)
		flipped[i] ^= 1
		for _, bad := range [][]byte{flipped, good[:i]} {
			if err := os.WriteFile(c.path(key), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if got := c.Get(key); got != nil {
				t.Fatalf("byte %d damaged or cut: got %q", i, got)
			}
			if _, err := os.Stat(c.path(key)); err == nil {
				t.Fatalf("byte %d: the damaged file is still there", i)
			}
		}
	}
}

// TestOtherKey: an image under the name of another key does not count.
func TestOtherKey(t *testing.T) {
	c, a, b := opened(t), Key("a"), Key("b")
	if err := c.Put(a, []byte("image")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(c.path(a), c.path(b)); err != nil {
		t.Fatal(err)
	}
	if got := c.Get(b); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestBound: what was used longest ago goes first.
func TestBound(t *testing.T) {
	c := opened(t)
	c.bound = 3 * 200
	for i, name := range []string{"a", "b", "c", "d"} {
		if err := c.Put(Key(name), make([]byte, 200-len(magic)-32)); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(i-10) * time.Minute)
		if name == "a" {
			at = time.Now() // used last
		}
		if err := os.Chtimes(c.path(Key(name)), at, at); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if c.Get(Key("b")) != nil || c.Get(Key("a")) == nil || c.Get(Key("d")) == nil {
		t.Error("the image used longest ago should have gone, and no other")
	}
}

// TestLeftovers: a writer that died leaves a file that goes an hour later; strangers' files stay.
func TestLeftovers(t *testing.T) {
	c := opened(t)
	if err := c.Put(Key("a"), []byte("image")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * time.Hour)
	for _, name := range []string{"new-1", "notes"} {
		at := filepath.Join(c.dir, name)
		if err := os.WriteFile(at, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(at, old, old); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Put(Key("b"), []byte("image")); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "new-1")); err == nil {
		t.Error("the leftover is still there")
	}
	if _, err := os.Stat(filepath.Join(c.dir, "notes")); err != nil {
		t.Error("a stranger's file is gone")
	}
}

func TestOffAndUnwritable(t *testing.T) {
	t.Setenv("ELBO_CACHE_DIR", "off")
	if c := Open(); c.Put(Key("a"), []byte("x")) != nil || c.Get(Key("a")) != nil || c.Dir() != "" {
		t.Error("a cache that is off keeps something")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ELBO_CACHE_DIR", file)
	if err := Open().Put(Key("a"), []byte("x")); err == nil {
		t.Error("a folder that cannot be made is no error")
	}
}

func TestKeyTellsPartsApart(t *testing.T) {
	if Key("ab", "c") == Key("a", "bc") {
		t.Error("parts run into each other")
	}
}
