//go:build !unix

package main

import "os"

var checkpointSignals []os.Signal
