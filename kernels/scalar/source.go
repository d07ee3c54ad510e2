package scalar

import (
	"embed"
	"strings"
)

//go:embed *.h
var headers embed.FS

// order lists the headers so that each comes after those it includes.
var order = []string{
	"base.h", "poly.h", "exp.h", "log.h", "trig.h", "erf.h", "gamma.h", "pow.h", "gammagrad.h", "philox.h",
}

// Source returns all scalar functions as one C text without include lines, ready to be put
// before generated CUDA C. Compile it with contraction off (--fmad=false) and as C++17
// (--std=c++17), the first to have hexadecimal floats.
func Source() string {
	var b strings.Builder
	for _, name := range order {
		text, err := headers.ReadFile(name)
		if err != nil {
			panic("scalar: embedded header " + name + " is missing") // a build without it cannot exist
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "#include") {
				b.WriteString(line)
			}
		}
	}
	return b.String()
}
