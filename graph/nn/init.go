package nn

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"elbo/kernels"
)

// Init names a rule for the initial values of a parameter. With f the fan-in (terms summed
// into one output) and o the fan-out (outputs one input reaches):
//
//	glorot_uniform   U(−a, a), a = √(6/(f+o))      Glorot & Bengio 2010, eq. 16
//	glorot_normal    N(0, 2/(f+o))
//	he_uniform       U(−a, a), a = √(6/f)
//	he_normal        N(0, 2/f)                     He et al. 2015, eq. 10
//	lecun_uniform    U(−a, a), a = √(3/f)
//	lecun_normal     N(0, 1/f)                     LeCun et al. 1998, eq. 16
//	orthogonal       orthonormal columns or rows of the matrix (all axes but the last, last)
//	zeros, ones
//	constant(c)
//	normal(s)        N(0, s²)
//	uniform(a)       U(−a, a)
//	uniform(a, b)    U(a, b)
//
// Normals are not truncated. Second arguments of N are variances.
type Init string

// The rules without arguments.
const (
	GlorotUniform Init = "glorot_uniform"
	GlorotNormal  Init = "glorot_normal"
	HeUniform     Init = "he_uniform"
	HeNormal      Init = "he_normal"
	LecunUniform  Init = "lecun_uniform"
	LecunNormal   Init = "lecun_normal"
	Orthogonal    Init = "orthogonal"
	Zeros         Init = "zeros"
	Ones          Init = "ones"
)

// DefaultInit returns the rule for weights whose outputs enter an activation: he_normal for the
// rectifiers relu, leaky, elu, gelu and silu, which halve the variance or nearly so, and
// glorot_uniform for all others.
func DefaultInit(activation string) Init {
	switch activation {
	case "relu", "leaky", "elu", "gelu", "silu":
		return HeNormal
	}
	return GlorotUniform
}

// or returns i, or d if i is empty.
func (i Init) or(d Init) Init {
	if i == "" {
		return d
	}
	return i
}

// InitNames lists the rules; those with arguments end in parentheses.
func InitNames() []string {
	names := make([]string, len(initRules))
	for i, r := range initRules {
		names[i] = r.name
		if r.args != nil {
			names[i] += "()"
		}
	}
	return names
}

// Check reports whether the rule is one of those listed at Init, with arguments that make sense.
func (i Init) Check() error {
	_, _, err := i.parse()
	return err
}

// Values returns the initial values of the parameter of that name: a pure function of its
// arguments, in row-major order.
func (i Init) Values(seed uint64, name string, shape []int, fanIn, fanOut int) ([]float64, error) {
	r, args, err := i.parse()
	if err != nil {
		return nil, err
	}
	size := kernels.Shape(shape).Size()
	if size < 1 || fanIn < 1 || fanOut < 1 {
		return nil, fmt.Errorf("nn: initial values of %q: shape %v, fan-in %d, fan-out %d; all must be positive",
			name, shape, fanIn, fanOut)
	}
	v := make([]float64, size)
	r.fill(v, drawer{seed, "init of " + name}, &initParam{shape, float64(fanIn), float64(fanOut), args})
	return v, nil
}

// parse splits the rule into its row of the table and its arguments.
func (i Init) parse() (*initRule, []float64, error) {
	base, list, parens := strings.Cut(strings.TrimSuffix(string(i), ")"), "(")
	if parens != strings.HasSuffix(string(i), ")") {
		return nil, nil, fmt.Errorf("nn: initialiser %q has unbalanced parentheses", string(i))
	}
	for k := range initRules {
		r := &initRules[k]
		if r.name != base {
			continue
		}
		args, err := i.arguments(list, parens)
		if err != nil {
			return nil, nil, err
		}
		return r, args, i.checkArguments(r, args)
	}
	return nil, nil, &UnknownError{What: "initialiser", Name: string(i), Known: InitNames()}
}

func (i Init) arguments(list string, parens bool) ([]float64, error) {
	if !parens {
		return nil, nil
	}
	var args []float64
	for _, s := range strings.Split(list, ",") {
		x, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
			return nil, fmt.Errorf("nn: initialiser %q: %q is not a finite number", string(i), s)
		}
		args = append(args, x)
	}
	return args, nil
}

func (i Init) checkArguments(r *initRule, args []float64) error {
	fits := len(args) == 0 && r.args == nil
	for _, n := range r.args {
		fits = fits || len(args) == n
	}
	switch {
	case !fits:
		return fmt.Errorf("nn: initialiser %q has %d arguments; write e.g. normal(0.01) or uniform(-0.1,0.1)",
			string(i), len(args))
	case r.name == "normal" && args[0] < 0:
		return fmt.Errorf("nn: initialiser %q: the standard deviation is negative", string(i))
	case r.name == "uniform" && len(args) == 1 && args[0] < 0, r.name == "uniform" && len(args) == 2 && args[0] > args[1]:
		return fmt.Errorf("nn: initialiser %q: the interval is empty", string(i))
	}
	return nil
}
