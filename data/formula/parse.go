package formula

import (
	"fmt"
	"strings"
)

// Formula is a parsed and checked formula. It knows no data: names and the dot are resolved by Fit.
type Formula struct {
	Text     string // as given
	response response
	rhs      *Node
}

// String gives the formula as it was written.
func (f *Formula) String() string { return f.Text }

// HasTrials says whether the left side gives a number of trials.
func (f *Formula) HasTrials() bool { return f.response.trials != nil || f.response.failed != nil }

// maxDepth bounds the nesting of a formula, and with it the stack of every walk over its tree.
const maxDepth = 200

// Parse reads an R-style formula `response ~ terms`. The error is always an *Error with a position.
func Parse(text string) (*Formula, error) {
	toks, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, toks: toks}
	f := &Formula{Text: text}
	lhs, rhs, err := p.sides()
	if err != nil {
		return nil, err
	}
	f.rhs = rhs
	c := checker{text: text}
	if f.response, err = c.response(lhs); err != nil {
		return nil, err
	}
	// A trial expansion finds every fault of the right side that needs no data.
	if _, err := expand(f, nil); err != nil {
		return nil, err
	}
	return f, nil
}

// parseValue reads one arithmetic expression: the form in which a frozen encoder keeps its inputs.
func parseValue(text string) (*Node, error) {
	toks, err := lex(text)
	if err != nil {
		return nil, err
	}
	p := &parser{text: text, toks: toks}
	n, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	if p.peek().kind != tokEnd {
		return nil, p.unexpected("expected the end of the expression")
	}
	c := checker{text: text}
	return n, c.value(n)
}

type parser struct {
	text  string
	toks  []token
	next  int
	depth int
}

func (p *parser) peek() token { return p.toks[p.next] }

func (p *parser) take() token {
	t := p.toks[p.next]
	if t.kind != tokEnd {
		p.next++
	}
	return t
}

func (p *parser) isOp(op string) bool { t := p.peek(); return t.kind == tokOp && t.text == op }

// previousEnd is the byte after the last token taken.
func (p *parser) previousEnd() int { t := p.toks[p.next-1]; return t.pos + len(t.text) }

// sides splits the formula at its single tilde.
func (p *parser) sides() (lhs, rhs *Node, err error) {
	if p.isOp("~") {
		return nil, nil, &Error{Text: p.text, Pos: p.peek().pos, Token: "~", Msg: "the formula has no response",
			Hint: "write response ~ terms"}
	}
	if lhs, err = p.expression(0); err != nil {
		return nil, nil, err
	}
	if !p.isOp("~") {
		return nil, nil, p.unexpected("expected ~ after the response")
	}
	p.take()
	if p.peek().kind == tokEnd {
		return nil, nil, p.unexpected("nothing follows ~ (write y ~ 1 for an intercept alone)")
	}
	if rhs, err = p.expression(0); err != nil {
		return nil, nil, err
	}
	if p.peek().kind != tokEnd {
		return nil, nil, p.unexpected("expected an operator or the end of the formula")
	}
	return lhs, rhs, nil
}

// unexpected reports the token at hand.
func (p *parser) unexpected(want string) error {
	t := p.peek()
	e := &Error{Text: p.text, Pos: t.pos, Token: t.text, Kind: ErrSyntax}
	switch {
	case t.kind == tokEnd:
		e.Msg = "the formula ends too early: " + want
	case t.text == "~":
		e.Msg = "a formula has exactly one ~"
	case t.kind == tokOp && strings.Contains("== != <= >= < > ! & && = <- ->", t.text):
		e.Msg = fmt.Sprintf("operator %s is not part of formulas", t.text)
		e.Hint = "compute such a column before the fit"
		e.Kind = ErrUnsupported
	default:
		e.Msg = fmt.Sprintf("unexpected %s: %s", t.text, want)
	}
	return e
}

// binding gives the operator's node kind and binding strength, R's order: | below + - below * / below : below unary
// minus below ^.
func binding(t token) (op Op, strength int) {
	if t.kind != tokOp {
		return 0, 0
	}
	switch t.text {
	case "|":
		return Bar, 1
	case "||":
		return DoubleBar, 1
	case "+":
		return Add, 2
	case "-":
		return Sub, 2
	case "*":
		return Mul, 3
	case "/":
		return Div, 3
	case ":":
		return Colon, 4
	case "^", "**":
		return Pow, 6
	}
	return 0, 0
}

const unaryStrength = 5

// expression reads operators that bind more tightly than floor.
func (p *parser) expression(floor int) (*Node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, &Error{Text: p.text, Pos: p.peek().pos, Token: p.peek().text,
			Msg: fmt.Sprintf("the formula is nested more than %d deep", maxDepth)}
	}
	defer func() { p.depth-- }()
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for {
		op, strength := binding(p.peek())
		if strength == 0 || strength <= floor {
			return left, nil
		}
		p.take()
		inner := strength
		if op == Pow { // associates to the right and lets a sign follow
			inner = strength - 1
		}
		right, err := p.expression(inner)
		if err != nil {
			return nil, err
		}
		left = &Node{Op: op, Pos: left.Pos, End: right.End, Args: []*Node{left, right}}
	}
}

// operand reads a signed, parenthesised or atomic operand.
func (p *parser) operand() (*Node, error) {
	t := p.peek()
	switch {
	case t.kind == tokNumber:
		p.take()
		return &Node{Op: Number, Pos: t.pos, End: p.previousEnd(), Value: t.number}, nil
	case t.kind == tokString:
		p.take()
		return &Node{Op: String, Pos: t.pos, End: p.previousEnd(), Text: t.value}, nil
	case t.kind == tokName:
		p.take()
		if p.isOp("(") && !t.quoted {
			return p.call(t)
		}
		return &Node{Op: Name, Pos: t.pos, End: p.previousEnd(), Text: t.value, quoted: t.quoted}, nil
	case p.isOp("."):
		p.take()
		return &Node{Op: Dot, Pos: t.pos, End: p.previousEnd()}, nil
	case p.isOp("+") || p.isOp("-"):
		p.take()
		x, err := p.expression(unaryStrength)
		if err != nil {
			return nil, err
		}
		op := Neg
		if t.text == "+" {
			op = Plus
		}
		return &Node{Op: op, Pos: t.pos, End: x.End, Args: []*Node{x}}, nil
	case p.isOp("("):
		p.take()
		x, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		if err := p.close(t); err != nil {
			return nil, err
		}
		return &Node{Op: Paren, Pos: t.pos, End: p.previousEnd(), Args: []*Node{x}}, nil
	}
	return nil, p.unexpected("expected a column, a number, a call or (")
}

// call reads the arguments of a function; the name is taken, the parenthesis is next.
func (p *parser) call(name token) (*Node, error) {
	open := p.take()
	n := &Node{Op: Call, Pos: name.pos, Text: name.value}
	for !p.isOp(")") {
		argName := ""
		if t := p.peek(); t.kind == tokName && p.toks[p.next+1].text == "=" {
			argName = t.value
			p.next += 2
		}
		x, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		n.Args, n.ArgNames = append(n.Args, x), append(n.ArgNames, argName)
		if !p.isOp(",") {
			break
		}
		p.take()
		if p.isOp(")") {
			return nil, p.unexpected("expected an argument after the comma")
		}
	}
	if err := p.close(open); err != nil {
		return nil, err
	}
	n.End = p.previousEnd()
	return n, nil
}

// close takes the parenthesis that ends the group opened at open.
func (p *parser) close(open token) error {
	if p.isOp(")") {
		p.take()
		return nil
	}
	if p.peek().kind == tokEnd {
		return &Error{Text: p.text, Pos: open.pos, Token: "(", Msg: "this parenthesis is never closed"}
	}
	return p.unexpected("expected )")
}
