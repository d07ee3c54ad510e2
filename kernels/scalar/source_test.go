package scalar

import (
	"io/fs"
	"strings"
	"testing"
)

func TestSourceHoldsEveryHeaderOnce(t *testing.T) {
	src := Source()
	if strings.Contains(src, "#include") {
		t.Error("Source still has include lines; a run-time compiler could not resolve them")
	}
	names, err := fs.Glob(headers, "*.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name == "scalar.h" {
			continue // nothing but includes
		}
		guard := "#define ELBO_" + strings.ToUpper(strings.TrimSuffix(name, ".h")) + "_H"
		if n := strings.Count(src, guard); n != 1 {
			t.Errorf("%s: guard %q occurs %d times in Source, want 1", name, guard, n)
		}
	}
}

func TestSourceDefinesBeforeUse(t *testing.T) {
	src := Source()
	for _, pair := range [][2]string{
		{"elbo_fromf(elbo_u32", "elbo_pow2f("}, {"elbo_exp_qf(float", "elbo_expf(float"},
		{"elbo_logf(float", "elbo_lgammaf(float"}, {"elbo_log_sumf(float", "elbo_radius2f("},
	} {
		if first, then := strings.Index(src, pair[0]), strings.Index(src, pair[1]); first < 0 || then < first {
			t.Errorf("%s (at %d) must come before %s (at %d)", pair[0], first, pair[1], then)
		}
	}
}
