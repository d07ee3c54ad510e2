package rundir

import (
	"os"

	"elbo/cmd/internal/exit"
)

// acquire makes this process the directory's only writer. The lock is the system's, so it
// goes with the process however that ends; the file that carries it means nothing by itself.
func (d *Dir) acquire() error {
	f, err := os.OpenFile(d.Path(lockName), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return cannot(d.path, err)
	}
	if !tryLock(f) {
		f.Close()
		return &exit.Error{Code: exit.Retry, Msg: "--out " + d.path + ": another process is writing this run",
			Hint: "wait for it, or choose another directory"}
	}
	d.lock = f
	return nil
}
