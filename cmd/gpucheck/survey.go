//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/kernels/cuda/probe"
)

// machine is where the checks ran.
type machine struct {
	Card      device.Card
	Libraries []device.Library
	Emulated  bool
}

// survey finds the card and sees that nothing of its software is missing. The conformance binary is
// told which driver was found, or it would stand an emulator in where it sees none.
func (o *options) survey() (*machine, error) {
	s := device.Look()
	if s.Problem != "" || o.index >= len(s.Cards) {
		e := &exit.Error{Code: exit.Unavailable, Msg: s.Problem, Hint: "./elbo doctor lists what was looked for"}
		if s.Problem == "" {
			e.Msg = fmt.Sprintf("there is no card %d, but %d cards", o.index, len(s.Cards))
		}
		return nil, e
	}
	m := &machine{Card: s.Cards[o.index], Libraries: s.Libraries}
	m.Emulated = strings.Contains(m.Card.Model, "emulator")
	for i := range s.Libraries {
		l := &s.Libraries[i]
		if l.Problem != "" || len(l.Missing) > 0 {
			return nil, &exit.Error{Code: exit.Unavailable, Msg: strings.TrimSpace(fmt.Sprintf("%s: %s %s", l.Name, l.Problem,
				strings.Join(l.Missing, ", "))), Hint: "functions that are listed are missing; ./elbo doctor shows all"}
		}
		variable := map[string]string{"driver": "ELBO_CUDA_DRIVER", "cublas": "ELBO_CUDA_BLAS", "nvrtc": "ELBO_CUDA_NVRTC"}[l.Name]
		if err := os.Setenv(variable, l.Path); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// start runs a program of the bundle and returns what it printed. A failure holds its last words.
func (o *options) start(name string, args ...string) ([]byte, error) {
	c := exec.Command(filepath.Join(o.dir, name), args...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	var status *exec.ExitError
	if errors.As(err, &status) {
		err = fmt.Errorf("%s %s: exit code %d: %s", name, strings.Join(args, " "), status.ExitCode(), tail(errs.String()))
	}
	return out, err
}

// tail returns the end of a text.
func tail(s string) string {
	const enough = 600
	s = strings.TrimSpace(s)
	if len(s) > enough {
		s = "…" + s[len(s)-enough:]
	}
	return s
}

// quirks asks about the driver.
func (o *options) quirks(r *report) error {
	list, err := probe.Quirks(o.index)
	r.Quirks = list
	for _, q := range list {
		if q.Err != nil {
			r.fail("quirk: %s: %v", q.Name, q.Err)
		}
	}
	return err
}

// figures measures the card's parts.
func (o *options) figures(r *report) error {
	sizes := probe.Full
	if o.short {
		sizes = probe.Small
	}
	var err error
	r.Figures, err = probe.Figures(o.index, sizes)
	return err
}

// speeds runs the benchmarks that goals are set for.
func (o *options) speeds(r *report) error {
	if !o.bench {
		return nil
	}
	return errors.Join(o.bench32(r, "fp32", speedNames), o.bench32(r, "tf32", coarseNames))
}

// bench32 runs benchmarks with one precision of float32 products.
func (o *options) bench32(r *report, matmul string, names []string) error {
	args := append([]string{"bench", "--json", "--device", r.Machine.Card.Name, "--matmul", matmul}, names...)
	if o.short {
		args = append(args, "--quick")
	}
	out, err := o.start("elbo", args...)
	before := len(r.Speeds)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		s := speed{MatMul: matmul}
		if d.Decode(&s) != nil {
			break
		}
		r.Speeds = append(r.Speeds, s)
	}
	if got := len(r.Speeds) - before; err == nil && got < len(names) {
		err = fmt.Errorf("%d of %d benchmarks reported", got, len(names))
	}
	return err
}
