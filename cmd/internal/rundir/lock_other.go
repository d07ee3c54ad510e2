//go:build !unix

package rundir

import "os"

// tryLock always succeeds: this system has no advisory locks we use.
func tryLock(*os.File) bool { return true }
