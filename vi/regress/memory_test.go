package regress

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"elbo/data"
	"elbo/vi/feed"
	"elbo/vi/train"
)

// TestLargeCacheTrainsInLittleMemory trains on a cache far larger than the memory it may take: 300 MB of the
// program's own, pages of the mapped file not counted. 80 MB of rows show what grows with the rows; ELBO_SLOW=1 takes
// the whole 2 GB, which are too large to stay encoded; the 80 MB are fed as those are.
func TestLargeCacheTrainsInLittleMemory(t *testing.T) {
	const columns = 50
	rows := int64(200_000)
	if os.Getenv("ELBO_SLOW") != "" {
		rows = 5_000_000
	} else if testing.Short() {
		t.Skip("writes 80 MB")
	}
	path := bigCache(t, rows, columns)
	tab := openTable(t, path)
	if got := int64(tab.Schema().RecordBytes) * tab.Rows(); got < rows*columns*8 {
		t.Fatalf("the cache holds %d bytes, want at least %d", got, rows*columns*8)
	}
	peak := watchMemory(t)
	where := feed.ResidentNever
	if os.Getenv("ELBO_SLOW") != "" {
		where = feed.ResidentAuto
	}
	p, err := Prepare(tab, Options{Formula: "y ~ .", Family: "bernoulli", Seed: 1, Budget: train.Budget{Steps: 500},
		Resident: where})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Fit(context.Background(), Run{Device: openDevice(t, 0)}); err != nil {
		t.Fatal(err)
	}
	most := peak()
	t.Logf("%d MB of rows, at most %d MB of anonymous memory", rows*columns*8>>20, most>>20)
	if limit := min(300<<20, rows*columns*8); most > limit {
		t.Errorf("%d MB of anonymous memory, want at most %d", most>>20, limit>>20)
	}
	if estimate := p.MemoryBytes(); estimate > 300<<20 || estimate < 1<<10 {
		t.Errorf("estimated %d bytes", estimate)
	}
}

// bigCache writes a cache of simulated rows without holding them.
func bigCache(t *testing.T, rows int64, columns int) string {
	t.Helper()
	dir := t.TempDir()
	part := filepath.Join(dir, "part.csv")
	f, err := os.Create(part)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	for j := range columns {
		fmt.Fprintf(w, "x%d,", j)
	}
	fmt.Fprintln(w, "y")
	// Numbers need not be random to take their room: a linear congruential generator, two digits each.
	state := uint64(1)
	for range rows {
		for range columns {
			state = state*6364136223846793005 + 1442695040888963407
			w.WriteString(strconv.Itoa(int(state>>33) % 90))
			w.WriteByte(',')
		}
		w.WriteString(strconv.Itoa(int(state>>40) & 1))
		w.WriteByte('\n')
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "rows.cache")
	if _, err := data.Convert(part, out, data.Options{}); err != nil {
		t.Fatal(err)
	}
	return out
}

// watchMemory samples the anonymous resident memory of this process, from the kernel where it tells and from the
// runtime elsewhere, until the function it returns is called: that gives the peak.
func watchMemory(t *testing.T) func() int64 {
	t.Helper()
	debug.FreeOSMemory() // what former tests have left
	stop, done := make(chan struct{}), make(chan int64)
	start := anonymousBytes()
	go func() {
		most := start
		for {
			select {
			case <-stop:
				done <- most
				return
			case <-time.After(10 * time.Millisecond):
				most = max(most, anonymousBytes())
			}
		}
	}()
	return func() int64 {
		close(stop)
		return <-done
	}
}

func anonymousBytes() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err == nil {
		for line := range strings.Lines(string(status)) {
			if kb, ok := strings.CutPrefix(line, "RssAnon:"); ok {
				if n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(kb), "kB")), 10, 64); err == nil {
					return n << 10
				}
			}
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
