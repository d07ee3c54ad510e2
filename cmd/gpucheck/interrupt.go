//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"elbo/cmd/internal/exit"
)

// patience is how long a program may take to begin, and to end when told to.
const patience = 2 * time.Minute

// interrupted stops a training on the card by a signal: it must end as an interrupt ends, soon, with a
// checkpoint from which the training goes on, and nothing left on the card that an emulator would see.
func (o *options) interrupted(r *report, dir string) error {
	table := filepath.Join(o.dir, "data", "regression.csv")
	c := exec.Command(filepath.Join(o.dir, "elbo"), "fit", "-q", "--data", table, "--formula", "y ~ .", "--batch", "128",
		"--max-steps", "100000000", "--tolerance", "1e-9", "--device", r.Machine.Card.Name, "--out", dir,
		"--checkpoint-every", "1ms")
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	if err := begun(filepath.Join(dir, "checkpoints"), ended); err != nil {
		_ = c.Process.Kill() // it may have ended
		return fmt.Errorf("a training to interrupt: %w: %s", err, tail(errs.String()))
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	var err error
	select {
	case err = <-ended:
	case <-time.After(patience):
		_ = c.Process.Kill()
		r.fail("a training that was interrupted did not end within %v", patience)
		return nil
	}
	said := errs.String()
	var status *exec.ExitError
	if !errors.As(err, &status) || status.ExitCode() != int(exit.Interrupt) || strings.Contains(said, "emulator:") {
		r.fail("a training that was interrupted ended with %v, want exit code %d: %s", err, exit.Interrupt, tail(said))
	}
	_, err = o.start("elbo", "fit", "-q", "--resume", "--out", dir, "--max-steps", "1", "--device", "cpu")
	return err
}

// begun waits for the first checkpoint of a training.
func begun(folder string, ended <-chan error) error {
	for start := time.Now(); time.Since(start) < patience; {
		if files, err := filepath.Glob(filepath.Join(folder, "*.ckpt")); err == nil && len(files) > 0 {
			return nil
		}
		select {
		case err := <-ended:
			return fmt.Errorf("it ended by itself (%w)", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("it wrote no checkpoint within %v", patience)
}
