package exit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	"elbo/data"
	"elbo/data/formula"
	"elbo/kernels"
	"elbo/vi/regress"
	"elbo/vi/train"
	"elbo/vi/vae"
	"elbo/vi/vae/fit"
)

func TestCodes(t *testing.T) {
	_, notThere := os.Open("/nonexistent/file")
	for _, c := range []struct {
		err  error
		want Code
	}{
		{nil, OK},
		{errors.New("anything"), Internal},
		{&train.DivergedError{Step: 3}, Internal},
		{&regress.OptionError{Option: "guide"}, Usage},
		{fmt.Errorf("x: %w", data.ErrOption), Usage},
		{&data.Error{File: "f", Err: data.ErrFormat}, Data},
		{&data.Error{File: "f", Err: data.ErrNoInput}, NoInput},
		{&data.Error{File: "f", Err: fmt.Errorf("%w: %w", data.ErrCorrupt, syscall.EIO)}, IO},
		{&formula.Error{Text: "y ~"}, Data},
		{&formula.RowError{Column: "y"}, Data},
		{fmt.Errorf("x: %w", regress.ErrModel), Data},
		{fmt.Errorf("x: %w", regress.ErrSaved), Data},
		{fmt.Errorf("x: %w", vae.ErrData), Data},
		{fmt.Errorf("%w: config: %w", vae.ErrSaved, &vae.FieldError{Field: "k"}), Data},
		{&vae.FieldError{Field: "k"}, Config},
		{fmt.Errorf("x: %w", fit.ErrOption), Usage},
		{fmt.Errorf("x: %w", train.ErrMismatch), Data},
		{fmt.Errorf("x: %w", train.ErrDamaged), Data},
		{fmt.Errorf("x: %w", kernels.ErrUnavailable), Unavailable},
		{fmt.Errorf("x: %w", kernels.ErrOutOfMemory), Memory},
		{fmt.Errorf("x: %w", kernels.ErrDeviceLost), Retry},
		{&os.PathError{Op: "write", Path: "f", Err: syscall.ENOSPC}, IO},
		{notThere, IO},
		{&Error{Code: CannotCreate, Err: syscall.ENOSPC}, CannotCreate},
		{fmt.Errorf("wrapped: %w", &Error{Code: Config}), Config},
	} {
		if got := Of(c.err); got != c.want {
			t.Errorf("Of(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}

func TestTell(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{Usagef("do that", "--x %d is wrong", 3), "elbo: --x 3 is wrong\n  do that\n"},
		{&regress.OptionError{Option: "guide", Value: "f", Problem: "is not known", Hint: "choices: a"},
			"elbo: --guide \"f\" is not known\n  choices: a\n"},
		{&data.Error{File: "d.csv", Line: 3, Column: "x", Msg: "is text", Hint: "mend it", Err: data.ErrFormat},
			"elbo: d.csv:3: column \"x\": is text\n  mend it\n"},
		{&Error{Code: Data, Msg: "d.csv", Err: &formula.RowError{Line: 2, Column: "y", Msg: "is -1",
			Hint: "counts only"}},
			"elbo: d.csv: line 2: y: is -1\n  counts only\n"},
		{&formula.Error{Text: "y ~ xx", Pos: 4, Msg: "no column xx", Hint: "did you mean x?"},
			"elbo: formula: no column xx\n  y ~ xx\n      ^\n  did you mean x?\n"},
		{fmt.Errorf("train: the disk: %w", syscall.ENOSPC), "elbo: the disk: no space left on device\n"},
	} {
		var out bytes.Buffer
		Tell(&out, c.err)
		if out.String() != c.want {
			t.Errorf("told\n%s\nwant\n%s", out.String(), c.want)
		}
	}
}
