package device

import (
	"testing"

	"elbo/cmd/internal/exit"
	"elbo/kernels"
)

// cards returns how many cards this build sees.
func cards() int {
	if s := Look(); s != nil {
		return len(s.Cards)
	}
	return 0
}

func TestOpen(t *testing.T) {
	first, second := exit.Unavailable, exit.Unavailable
	if n := cards(); n > 0 {
		first = exit.OK
		if n > 1 {
			second = exit.OK
		}
	}
	for _, c := range []struct {
		name    string
		threads int
		code    exit.Code
	}{
		{"auto", 0, exit.OK}, {"ref", 0, exit.OK}, {"cuda", 0, first}, {"cuda:1", 0, second},
		{"gpu", 0, exit.Usage}, {"", 0, exit.Usage}, {"cpu:1", 0, exit.Usage}, {"auto", -1, exit.Usage},
	} {
		d, err := Open(c.name, c.threads)
		if got := exit.Of(err); got != c.code {
			t.Errorf("Open(%q, %d): exit code %d, want %d (%v)", c.name, c.threads, got, c.code, err)
		}
		if err != nil {
			continue
		}
		if c.name == "auto" && d.Why == "" {
			t.Error("auto does not say why")
		}
		if c.name != "auto" && d.Why != "" {
			t.Errorf("%s gives a reason nobody asked for: %s", c.name, d.Why)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestMatMul(t *testing.T) {
	for _, c := range []struct {
		name, matmul string
		code         exit.Code
	}{
		{"auto", "tf32", exit.OK}, {"auto", "fp32", exit.OK}, {"ref", "", exit.OK}, {"ref", "fp32", exit.OK},
		{"ref", "tf32", exit.Usage}, {"cpu", "tf32", exit.Usage}, {"auto", "bf16", exit.Usage},
	} {
		d, err := OpenWith(c.name, Options{MatMul: c.matmul})
		if got := exit.Of(err); got != c.code {
			t.Errorf("%s with %q: exit code %d, want %d (%v)", c.name, c.matmul, got, c.code, err)
		}
		if err == nil {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestLabel(t *testing.T) {
	for want, r := range map[string]kernels.Report{
		"ref":                           {Name: "ref"},
		"cpu (EPYC, avx512, 2 threads)": {Name: "cpu", Model: "EPYC", ISA: "avx512", Threads: 2},
		"cpu (1 thread)":                {Name: "cpu", Threads: 1},
	} {
		if got := Label(r); got != want {
			t.Errorf("Label = %q, want %q", got, want)
		}
	}
}
