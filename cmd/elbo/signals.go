package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"elbo/cmd/internal/exit"
)

// signals turns a process's signals into what a training run does about them. Before training there is
// nothing to keep, so the first INT or TERM ends the program; during training it asks for the
// end of the step and a checkpoint; the second ends the program at once.
type signals struct {
	ctx        context.Context
	cancel     context.CancelFunc
	checkpoint chan struct{}
	training   atomic.Bool
	code       atomic.Int32
	in         chan os.Signal
	pipe       chan os.Signal
	teller     *teller
}

// watchSignals starts listening.
func watchSignals(t *teller) *signals {
	s := &signals{checkpoint: make(chan struct{}, 1), in: make(chan os.Signal, 4), pipe: make(chan os.Signal, 1), teller: t}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	signal.Notify(s.in, append([]os.Signal{os.Interrupt, syscall.SIGTERM}, checkpointSignals...)...)
	// A reader of our output that goes away must not end a long fit: writes fail instead.
	signal.Notify(s.pipe, syscall.SIGPIPE)
	go func() {
		for sig := range s.in {
			s.onSignal(sig)
		}
	}()
	return s
}

func (s *signals) onSignal(sig os.Signal) {
	code := exit.Interrupt
	switch sig {
	case syscall.SIGTERM:
		code = exit.Terminate
	case os.Interrupt:
	default:
		select {
		case s.checkpoint <- struct{}{}:
		default: // one is asked for already
		}
		return
	}
	if !s.training.Load() || s.code.Load() != 0 {
		s.teller.clear()
		os.Exit(int(code))
	}
	s.code.Store(int32(code))
	s.cancel()
	s.teller.say("finishing the step and writing a checkpoint; once more to stop at once")
}

// stop ends listening.
func (s *signals) stop() {
	signal.Stop(s.in)
	signal.Stop(s.pipe)
	s.cancel()
}
