package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/vi/vae"
)

// checkStart refuses to start a run from itself.
func (o *vaeFlags) checkStart() error {
	if o.startFrom == "" {
		return nil
	}
	from, err := os.Stat(o.startFrom)
	if err != nil {
		return nil // who opens it will say what is wrong
	}
	if to, err := os.Stat(o.out); err == nil && os.SameFile(from, to) {
		return exit.Usagef("go on with the run by --resume, or choose another --out",
			"--start-from and --out are the same directory")
	}
	return nil
}

// prepareStart readies the parameters of --start-from. A resumed run has had them: it asks for them again
// only if it never came to a checkpoint, and may have outlived their run.
func (j *vaeJob) prepareStart() error {
	switch {
	case j.o.startFrom == "":
		return nil
	case j.o.resume:
		j.begin = j.readStart
		return nil
	}
	p, err := j.readStart()
	j.begin = func() (vae.Params, error) { return p, nil }
	return err
}

// readStart reads the parameters of --start-from, which must be of the same networks.
func (j *vaeJob) readStart() (vae.Params, error) {
	path := j.o.startFrom
	m, p, err := openVAE(path)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(m.Config().Item, j.model.Config().Item) {
		return nil, m.Accepts(j.images)
	}
	err = j.model.Config().SameNetworks(m.Config())
	var field *vae.FieldError
	if errors.As(err, &field) {
		field.Why += ", that of " + path
		field.Want = "take its options with --config " + filepath.Join(path, rundir.Config)
	}
	return p, err
}
