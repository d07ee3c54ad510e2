package main

import (
	"io"

	"elbo/cmd/internal/htmlreport"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/vi/train"
)

// writeReport writes report.html from the summary and the metrics of all processes of the run.
func (j *fitJob) writeReport(s *result.Summary) error {
	metrics, err := rundir.ReadLog[train.Metric](j.o.out)
	if err != nil {
		return err
	}
	return j.dir.Write(rundir.Report, func(w io.Writer) error { return htmlreport.Write(w, s, metrics) })
}
