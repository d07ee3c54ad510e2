// Package train runs stochastic variational inference: it feeds a step program batches,
// decides when to stop, writes checkpoints from which a run resumes bit for bit, and reports
// metrics. It knows devices by graph.Device only and data by the Feed function only.
//
// The step comes from a Plan, which joins a target, a family, an objective and a rule, or from
// a StepSpec, whose graph an application builds itself. Two rules end runs beside budgets and
// signals, on the same loop:
//
//   - Plan: iterates are averaged. The program sums its parameters over blocks of steps, and the
//     Stopper ends the run when the averages' Monte-Carlo errors are small (reason converged).
//   - Config.Epoch: blocks are epochs, each is scored (by the bound on validation data), and the
//     run ends after Stop.Patience epochs without a better score (reason patience), with the
//     parameters of the best one.
//
// Everything the loop decides is a function of block means, scores and the step number, so a
// run's result does not depend on timing, on when checkpoints are written or on resuming.
package train
