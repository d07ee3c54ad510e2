// Package rundir keeps the files of one fit in a directory.
//
// A run directory is recognised by its config.yaml, whose first line is Mark. summary.json
// is written last and makes the run finished; a directory without it holds an unfinished
// run. Every file appears whole or not at all: it is written under a temporary name, synced,
// renamed, and the directory synced. Directories that hold anything else are left alone.
package rundir
