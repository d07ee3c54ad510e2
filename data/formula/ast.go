package formula

// Op says what a Node is.
type Op uint8

// The node kinds. Operators keep their operands in Args, calls their arguments.
const (
	Number Op = iota
	String
	Name
	Dot
	Call
	Paren
	Neg
	Plus
	Add
	Sub
	Mul
	Div
	Pow
	Colon
	Bar
	DoubleBar
)

// Node is one node of the syntax tree. The same tree serves model terms and arithmetic: what `*` means is decided
// by where it stands.
type Node struct {
	Op       Op
	Pos, End int      // byte range in the formula text
	Text     string   // a name or string, decoded; the function of a call
	Value    float64  // of a Number
	Args     []*Node  // operands or arguments
	ArgNames []string // of a Call: "" for a positional argument
	quoted   bool
}

// strip removes the parentheses around an expression.
func (n *Node) strip() *Node {
	for n.Op == Paren {
		n = n.Args[0]
	}
	return n
}

// walk visits the tree depth first, in the order of the text.
func (n *Node) walk(visit func(*Node)) {
	if n == nil {
		return
	}
	visit(n)
	for _, a := range n.Args {
		a.walk(visit)
	}
}

// columns lists the names in the tree that stand for columns, once each, in order of appearance.
func (n *Node) columns() []string {
	var names []string
	seen := map[string]bool{}
	n.walk(func(m *Node) {
		if m.Op == Name && !seen[m.Text] {
			seen[m.Text] = true
			names = append(names, m.Text)
		}
	})
	return names
}
