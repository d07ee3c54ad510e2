package lower

import (
	"fmt"
	"strings"

	"elbo/kernels"
)

// Limits of programs that one kernel may run: beyond them launches are not what takes the time.
// wholeWords keeps the arguments within the 4 KiB a kernel takes.
const (
	wholeNodes  = 96
	wholeWords  = 480
	wholeBlocks = 4096 // of one node
)

// Whole is a program as one cooperative kernel that runs any number of steps: the bodies of its nodes
// one after the other, each block taking its share of every node's blocks, with a meeting of all
// blocks where a node needs what another made. Since the bodies, their blocks and the order of every
// sum are those of the launches, so are the bits, for any number of blocks.
//
// Its parameters are the words of Args as one struct by value, the address of elbo_meeting (8 bytes
// that start at zero), the state, and the number of steps.
type Whole struct {
	Source string
	Args   []Arg
	Blocks int // more have nothing to do
}

// WholeKernel is the name of the kernel.
const WholeKernel = "k_whole"

// Whole returns the program's single kernel, or nil where it uses the library of products or is too large.
func (plan *Plan) Whole(p *kernels.Program) *Whole {
	if len(plan.Nodes) == 0 || len(plan.Nodes) > wholeNodes {
		return nil
	}
	w, words := &Whole{Blocks: 1}, map[Arg]int{}
	for i := range plan.Nodes {
		l := plan.Nodes[i].Launch
		if l == nil || l.blocks() > wholeBlocks {
			return nil
		}
		w.Blocks = max(w.Blocks, l.blocks())
		for _, a := range l.Args {
			if _, ok := words[a]; !ok && a.Kind != ArgOffset && a.Kind != ArgState {
				words[a] = len(w.Args)
				w.Args = append(w.Args, a)
			}
		}
	}
	if len(w.Args) > wholeWords {
		return nil
	}
	w.Source = plan.src.bodyText() + file("whole") + plan.wholeText(p, words)
	return w
}

func (l *Launch) blocks() int { return int(l.Grid[0]) * int(l.Grid[1]) }

// wholeText writes the kernel.
func (plan *Plan) wholeText(p *kernels.Program, words map[Arg]int) string {
	var b strings.Builder
	shared := 0
	for i := range plan.Nodes {
		shared = max(shared, plan.src.kernels[plan.Nodes[i].Launch.Kernel].shared)
	}
	fmt.Fprintf(&b, "struct elbo_words_%d { elbo_u64 w[%d]; };\n", len(words), max(len(words), 1))
	fmt.Fprintf(&b, "extern \"C\" __global__ void __launch_bounds__(ELBO_THREADS) %s(elbo_words_%d a, elbo_u32 *meeting, "+
		"step_state *state, elbo_i64 steps)\n{\n", WholeKernel, len(words))
	if shared > 0 {
		fmt.Fprintf(&b, "\talignas(16) __shared__ double s[%d];\n", shared)
	} else {
		b.WriteString("\tdouble *const s = 0;\n")
	}
	b.WriteString("\tfor (elbo_i64 j = 0; j < steps; j++) {\n")
	for _, level := range plan.levels(p) {
		taken := 0 // blocks that the level's nodes so far begin with
		for _, i := range level {
			l := plan.Nodes[i].Launch
			b.WriteString(plan.callText(l, words, taken))
			taken += l.blocks()
		}
		b.WriteString("\telbo_meet(meeting);\n")
	}
	b.WriteString("\t}\n")
	b.WriteString("\tif (blockIdx.x == 0 && threadIdx.x == 0)\n\t\tstate->step += (elbo_u64)steps;\n}\n")
	return b.String()
}

// callText writes one node: its blocks in turn, the first of them to the block after the taken ones, so
// that small nodes of a level run side by side.
func (plan *Plan) callText(l *Launch, words map[Arg]int, taken int) string {
	k := plan.src.kernels[l.Kernel]
	var b strings.Builder
	fmt.Fprintf(&b, "\tfor (elbo_u32 b = elbo_turn(%du); b < %du; b += gridDim.x) {\n", taken, l.blocks())
	fmt.Fprintf(&b, "\t\t%s(s, b %% %du, b / %du", k.call, l.Grid[0], l.Grid[0])
	for i, a := range l.Args {
		switch a.Kind {
		case ArgOffset:
			b.WriteString(", j")
		case ArgState:
			b.WriteString(", state")
		default:
			fmt.Fprintf(&b, ", (%s)a.w[%d]", k.params[i], words[a])
		}
	}
	b.WriteString(");\n\t\t__syncthreads();\n\t}\n")
	return b.String()
}
