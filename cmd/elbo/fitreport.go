package main

import (
	"elbo/cmd/internal/result"
	"elbo/vi/regress"
)

// writeReport writes report.html.
func (j *job) writeReport(f *regress.Fit, s *result.Summary) error { return nil }
