package lower

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"elbo/kernels"
	"elbo/kernels/scalar"
)

//go:embed cu/*.cu
var files embed.FS

// source collects the kernels of one program.
type source struct {
	dt       kernels.DType
	used     map[string]bool   // files
	rendered map[string]string // text of a rendered kernel without its name → name
	bodies   []string          // rendered kernels in order
	kernels  map[string]kernel // by name
}

// kernel is the wrapper of a body: what it calls, with which types of arguments, the doubles of shared
// memory that takes, and how many blocks its registers must leave room for on a processor (0: one).
type kernel struct {
	call     string
	params   []string
	shared   int
	resident int
}

// order lists the files so that each comes after those it uses.
var order = []string{"base", "join", "move", "random", "rows", "scan", "linalg", "matmul", "window", "sweep"}

func newSource(dt kernels.DType) *source {
	return &source{dt: dt, used: map[string]bool{"base": true}, rendered: map[string]string{},
		kernels: map[string]kernel{}}
}

// fixedKernel describes a kernel of cu/*.cu: its file, its parameter types in order ("E" stands
// for the template's element type), and the doubles of shared memory it needs.
type fixedKernel struct {
	file   string
	params string
	shared int
}

var fixedKernels = map[string]fixedKernel{
	"advance":      {"base", "step_state* i", 0},
	"set_step":     {"base", "step_state* i", 0},
	"zero":         {"move", "E* i", 0},
	"move":         {"move", "E* cE* i i i i i i i i i i i i i i", 0},
	"flip":         {"move", "E* cE* i i i", 32 * 33},
	"place":        {"move", "E* cE* i i i i i", 0},
	"tril":         {"move", "E* cE* i i i i", 0},
	"diag_embed":   {"move", "E* cE* i i", 0},
	"iota":         {"move", "real* i i", 0},
	"step":         {"move", "real* cstep_state* i", 0},
	"to_float":     {"move", "real* cE* i", 0},
	"to_int":       {"move", "elbo_i32* creal* i", 0},
	"uniform":      {"random", "real* i i i cstep_state* i", 0},
	"normal":       {"random", "real* i i i cstep_state* i", 0},
	"uniform_rows": {"random", "real* celbo_i32* i i i i i", 0},
	"im2col":       {"window", "real* creal* i i i i i i i i i i i i", 0},
	"col2im":       {"window", "real* creal* i i i i i i i i i i i i", 0},
	"batch_rows":   {"random", "elbo_i32* i i i cstep_state* i", 8},
	"gather":       {"rows", "E* cE* celbo_i32* i i i i step_state*", 0},
	"link_rows":    {"rows", "elbo_i32* celbo_i32* i i i i step_state*", 128},
	"add_rows":     {"rows", "E* celbo_i32* celbo_i32* creal* i i i", 0},
	"add_few":      {"rows", "real* celbo_i32* creal* double* elbo_u32* i i i i i i i step_state*", Threads},
	"narrow":       {"rows", "real* cdouble* i", 0},
	"cumsum":       {"scan", "real* creal* i i i i", 0},
	"scan":         {"scan", "real* creal* i i i", 512},
	"cholesky":     {"linalg", "real* creal* i", 0},
	"factor":       {"linalg", "real* i i i", 0},
	"below":        {"linalg", "real* i i i", 16 * 64},
	"outer":        {"linalg", "real* i i i", 2 * 16 * 17},
	"trisolve":     {"linalg", "real* creal* creal* i i i i", 0},
	"gemm":         {"matmul", "real* creal* creal* i i i i i i i i", 2 * 16 * 17},
}

// fixed makes sure that a fixed kernel is in the source and returns its name there.
func (s *source) fixed(body, elem string) string {
	k, ok := fixedKernels[body]
	if !ok {
		panic("cuda: no fixed kernel " + body) // a slip in a rule: tests meet it at once
	}
	name, call := "k_"+body, body
	if elem != "" {
		name, call = name+"_"+elem, body+"<"+elem+">"
	}
	s.used[k.file] = true
	if k.file == "rows" {
		s.used["join"] = true
	}
	s.kernels[name] = kernel{call: call, params: parameters(k.params, elem), shared: k.shared}
	return name
}

// parameters spells parameter types out.
func parameters(list, elem string) []string {
	out := strings.Fields(list)
	for i, t := range out {
		if c, ok := strings.CutPrefix(t, "c"); ok {
			t = "const " + c
		}
		t = strings.ReplaceAll(t, "E*", elem+"*")
		if t == "i" {
			t = "elbo_i64"
		}
		out[i] = t
	}
	return out
}

// text returns the kernel under its name.
func (k kernel) text(name string) string {
	var decl, pass strings.Builder
	for i, t := range k.params {
		if i > 0 {
			decl.WriteString(", ")
		}
		fmt.Fprintf(&decl, "%s a%d", t, i)
		fmt.Fprintf(&pass, ", a%d", i)
	}
	memory, base := "", "(double *)0"
	if k.shared > 0 {
		memory, base = fmt.Sprintf("\talignas(16) __shared__ double s[%d];\n", k.shared), "s"
	}
	bounds := "ELBO_THREADS"
	if k.resident > 0 {
		bounds = fmt.Sprintf("ELBO_THREADS, %d", k.resident)
	}
	return fmt.Sprintf("extern \"C\" __global__ void __launch_bounds__(%s) %s(%s)\n"+
		"{\n%s\t%s(%s, blockIdx.x, blockIdx.y%s);\n}\n",
		bounds, name, decl.String(), memory, k.call, base, pass.String())
}

// render adds a kernel given as its parameters and the text of its block; kernels of equal text
// are one.
func (s *source) render(params []string, body string, shared int, files ...string) string {
	key := strings.Join(params, ", ") + "\n" + body
	if name := s.rendered[key]; name != "" {
		return "k_" + name
	}
	name := fmt.Sprintf("fused%d", len(s.rendered))
	s.rendered[key] = name
	for _, f := range files {
		s.used[f] = true
	}
	s.bodies = append(s.bodies, fmt.Sprintf("ELBO_BODY void %s(double *s, const unsigned bx, const unsigned by, %s)\n%s",
		name, strings.Join(params, ", "), body))
	types := make([]string, len(params))
	for i, p := range params {
		types[i] = strings.TrimSpace(p[:strings.LastIndexAny(p, " *")+1])
	}
	s.kernels["k_"+name] = kernel{call: name, params: types, shared: shared}
	return "k_" + name
}

// reside bounds a kernel's registers so that a number of its blocks run on a processor at once.
func (s *source) reside(name string, blocks int) {
	k := s.kernels[name]
	k.resident = blocks
	s.kernels[name] = k
}

// names lists the kernels.
func (s *source) names() []string {
	var out []string
	for name := range s.kernels {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// text returns the whole source.
func (s *source) text() string {
	var b strings.Builder
	b.WriteString(s.bodyText())
	for _, name := range s.names() {
		b.WriteString(s.kernels[name].text(name))
	}
	return b.String()
}

// bodyText returns the source without its kernels.
func (s *source) bodyText() string {
	var b strings.Builder
	b.WriteString(scalar.Source())
	if s.dt == kernels.F32 {
		b.WriteString("typedef float real;\n#define FN(name) name##f\n")
	} else {
		b.WriteString("typedef double real;\n#define FN(name) name##d\n")
	}
	for _, f := range order {
		if s.used[f] {
			b.WriteString(file(f))
		}
	}
	for _, body := range s.bodies {
		b.WriteString(body)
	}
	return b.String()
}

// file returns an embedded file.
func file(name string) string {
	text, err := files.ReadFile("cu/" + name + ".cu")
	if err != nil {
		panic("cuda: embedded file " + name + ".cu is missing") // a build without it cannot exist
	}
	return string(text)
}
