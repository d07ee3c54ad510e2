//go:build cgo

package cpu

// #include "exec.h"
import "C"

// chooseDirect lets the op that makes a dense out write it in place, unless a later reader needs an
// operand that lies there; such outs, and second outs of one register, are copied last.
func (l *layout) chooseDirect() {
	nin := len(l.g.ins)
	last := l.lastUses()
	l.direct = map[int]int{}
	var copies []int
	for i := range l.outs {
		if l.outs[i].mode != C.ELBO_OUT_DIRECT {
			continue
		}
		op := l.g.outs[i].reg - nin
		_, taken := l.direct[op]
		free := op >= 0 && !taken
		for j, x := range l.g.ins {
			if free && l.c.overlap(x.value, l.g.outs[i].value) {
				free = last[j] <= op
			}
		}
		if free {
			l.direct[op] = i
		} else {
			copies = append(copies, i)
		}
	}
	for _, i := range copies {
		l.g.code = append(l.g.code, moveOp(int16(l.g.outs[i].reg)))
		l.direct[len(l.g.code)-1] = i
	}
}

// lastUses returns the last op that reads each register; outs read after all ops.
func (l *layout) lastUses() []int {
	last := make([]int, len(l.g.ins)+len(l.g.code))
	for i := range last {
		last[i] = -1
	}
	for i, op := range l.g.code {
		for j := range arity(op.Op) {
			last[op.Args[j]] = i
		}
	}
	for i, o := range l.g.outs {
		if o.reg < len(l.g.ins) || l.outs[i].mode != C.ELBO_OUT_DIRECT {
			last[o.reg] = len(l.g.code)
		}
	}
	return last
}

// allocate assigns pointer table entries: scratch tiles, reused after their last reader, then
// inputs, then direct outs.
func (l *layout) allocate() {
	nin := len(l.g.ins)
	last := l.lastUses()
	l.entry = make([]int, nin+len(l.g.code))
	var free []int
	for i, op := range l.g.code {
		for j := range arity(op.Op) {
			r := int(op.Args[j])
			if _, direct := l.direct[r-nin]; r >= nin && !direct && last[r] == i {
				free = append(free, l.entry[r])
				last[r] = -2 // freed once, also where an op reads it twice
			}
		}
		if _, direct := l.direct[i]; direct {
			continue
		}
		if len(free) == 0 {
			free = append(free, l.tiles)
			l.tiles++
		}
		l.entry[nin+i] = free[len(free)-1]
		free = free[:len(free)-1]
	}
	for i := range nin {
		l.entry[i] = l.tiles + i
	}
	for op, out := range l.direct {
		l.entry[nin+op] = l.tiles + nin + out
	}
}
