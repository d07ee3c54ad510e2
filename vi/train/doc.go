// Package train runs stochastic variational inference: it joins a target, a family, an
// objective and a rule into one step program (Plan), feeds it batches, decides when to stop
// (Rule of stop.go), writes checkpoints from which a run resumes bit for bit, and reports
// metrics. It knows devices by graph.Device only and data by the Feed function only.
//
// Iterates are averaged: the program sums its parameters over blocks of steps, and
// everything the loop decides is a function of those block means and of the step number, so
// a run's result does not depend on timing, on when checkpoints are written or on resuming.
package train
