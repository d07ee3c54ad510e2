//go:build unix

package main

import (
	"os"
	"syscall"
)

// checkpointSignals ask for a checkpoint.
var checkpointSignals = []os.Signal{syscall.SIGUSR1}
