package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"elbo/cmd/internal/htmlreport"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/vi/train"
)

// writeReport writes report.html from the summary and the metrics of all processes of the run.
func (j *job) writeReport(s *result.Summary) error {
	metrics, err := readMetrics(j.dir.Path(rundir.Metrics))
	if err != nil {
		return err
	}
	return j.dir.Write(rundir.Report, func(w io.Writer) error { return htmlreport.Write(w, s, metrics) })
}

// readMetrics reads metrics.jsonl up to the first line that is not whole; a run shorter than a
// block has none.
func readMetrics(path string) ([]train.Metric, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []train.Metric
	in := bufio.NewScanner(f)
	for in.Scan() {
		var m train.Metric
		if json.Unmarshal(in.Bytes(), &m) != nil {
			break
		}
		out = append(out, m)
	}
	return out, in.Err()
}
