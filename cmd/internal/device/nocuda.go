//go:build !elbo_cuda || !linux

package device

import (
	"fmt"

	"elbo/cmd/internal/exit"
)

// openCard says that there are no cards in this build.
func openCard(name, _ string, _ bool, _ Options) (Opened, error) {
	return Opened{}, &exit.Error{
		Code: exit.Unavailable, Msg: fmt.Sprintf("--device %s: this build of elbo has no CUDA device", name),
		Hint: "use --device cpu, or --device auto to take the best device there is",
	}
}

// findRival finds none.
func findRival(Options) (card *rival, why string) { return nil, "no CUDA device in this build" }

// CardCopyRate returns 0: there are no cards in this build.
func CardCopyRate(string) (float64, error) { return 0, nil }

// Look returns nil: this build uses no cards.
func Look() *Survey { return nil }
