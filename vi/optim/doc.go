// Package optim holds the update rules (SGD, Adam, AdamW), gradient clipping and learning
// rate schedules, one per file. All of them emit lowered code, so an update is part of the
// fused step program; their state lives in the step's state slots and is checkpointed with it.
//
// Rules descend a loss: they subtract. The learning rate is an input of the step, so a
// loop may change it without compiling again.
package optim
