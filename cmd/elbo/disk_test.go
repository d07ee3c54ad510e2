//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDiskLosesNothing fits on a file system of a few blocks: the error is told with exit
// code 74, nothing half-written is taken for whole, and with space the run goes on.
func TestFullDiskLosesNothing(t *testing.T) {
	dir := generated(t, "3000")
	mount := filepath.Join(dir, "small")
	if err := os.Mkdir(mount, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", mount, "tmpfs", 0, "size=100k"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(mount, 0); err != nil {
			t.Error(err)
		}
	})
	fit := []string{"fit", "--data", "d.csv", "--formula", "y ~ x1 + x2 + f1", "--checkpoint-every", "1ms"}
	output(t, dir, 0, append(fit, "-q", "--out", "whole")...)

	// The draws alone do not fit; checkpoints do, or fail too: either way the run is unfinished.
	c := command(t, dir, append(fit, "--out", "small/run")...)
	text, err := c.CombinedOutput()
	if code := exitCode(t, err); code != 74 {
		t.Fatalf("exit code %d, want 74\n%s", code, text)
	}
	if !strings.Contains(string(text), "no space left") || !strings.Contains(string(text), "free some space") {
		t.Errorf("the full disk is not told:\n%s", text)
	}
	output(t, dir, 65, "summary", "small/run")
	if err := syscall.Mount("tmpfs", mount, "tmpfs", syscall.MS_REMOUNT, "size=10m"); err != nil {
		t.Fatal(err)
	}
	output(t, dir, 0, append(fit, "-q", "--out", "small/run", "--resume")...)
	got, want := parameters(t, filepath.Join(mount, "run")), parameters(t, filepath.Join(dir, "whole"))
	if string(got) != string(want) {
		t.Errorf("after the full disk:\n%s\nwant\n%s", got, want)
	}
}

// TestFileSizeLimit: the limit of a shell is told as an I/O error.
func TestFileSizeLimit(t *testing.T) {
	dir := generated(t, "3000")
	c := command(t, dir)
	c.Path, c.Args = "/bin/sh", []string{"sh", "-c",
		"ulimit -f 24; exec elbo fit -q --data d.csv --formula 'y ~ x1 + f1' --out run"}
	text, err := c.CombinedOutput()
	if code := exitCode(t, err); code != 74 {
		t.Fatalf("exit code %d, want 74\n%s", code, text)
	}
	if _, err := os.Stat(filepath.Join(dir, "run", "summary.json")); err == nil {
		t.Error("a failed run has a summary.json")
	}
}
