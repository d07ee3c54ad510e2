//go:build elbo_cuda && linux

package probe

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"elbo/kernels/cuda/internal/emulator"
)

// TestMain runs on a card where the loader's variable names one, else on the emulator.
func TestMain(m *testing.M) {
	if os.Getenv("ELBO_CUDA_DRIVER") == "" {
		path, err := emulator.Build("")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, setting := range emulator.Env(path) {
			name, value, _ := strings.Cut(setting, "=")
			if err := os.Setenv(name, value); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

func TestQuirks(t *testing.T) {
	list, err := Quirks(0)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 6 {
		t.Errorf("%d quirks asked about", len(list))
	}
	for _, q := range list {
		if q.Err != nil {
			t.Errorf("%s: %v", q.Name, q.Err)
		}
	}
}

func TestFigures(t *testing.T) {
	list, err := Figures(0, Small)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		t.Logf("%s: %.3g %s", f.Name, f.Value, f.Unit)
		if !(f.Value > 0) {
			t.Errorf("%s is %v", f.Name, f.Value)
		}
	}
	if len(list) != 11 {
		t.Errorf("%d figures", len(list))
	}
}

func TestNoSuchCard(t *testing.T) {
	if _, err := Quirks(99); err == nil {
		t.Error("quirks of card 99")
	}
	if _, err := Figures(99, Small); err == nil {
		t.Error("figures of card 99")
	}
}
