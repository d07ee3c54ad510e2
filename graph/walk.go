package graph

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"

	"gorgonia.org/gorgonia"
)

// childrenOffset is where gorgonia.Node keeps its children. Gorgonia offers no view of them
// that survives its own removal of nodes, so the field is read directly, after a check that
// it has the name and type this package was written for.
var childrenOffset = sync.OnceValue(func() uintptr {
	f, ok := reflect.TypeFor[gorgonia.Node]().FieldByName("children")
	if !ok || f.Type != reflect.TypeFor[gorgonia.Nodes]() {
		panic(fmt.Sprintf("graph: gorgonia.Node has no field children of type gorgonia.Nodes; "+
			"the version of gorgonia in go.mod is not v0.9.18 (found %v)", f.Type))
	}
	return f.Offset
})

// children returns the operands of n; the slice must not be changed.
func children(n *Node) gorgonia.Nodes {
	return *(*gorgonia.Nodes)(unsafe.Add(unsafe.Pointer(n), childrenOffset()))
}

// topological returns all nodes the roots depend on, roots included, children before
// parents. The order is a function of the graph alone.
func topological(roots ...*Node) []*Node {
	type frame struct {
		n    *Node
		next int
	}
	var order []*Node
	seen := map[*Node]bool{}
	var stack []frame
	for _, r := range roots {
		if r == nil || seen[r] {
			continue
		}
		seen[r] = true
		stack = append(stack, frame{n: r})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			kids := children(top.n)
			if top.next == len(kids) {
				order = append(order, top.n)
				stack = stack[:len(stack)-1]
				continue
			}
			k := kids[top.next]
			top.next++
			if !seen[k] {
				seen[k] = true
				stack = append(stack, frame{n: k})
			}
		}
	}
	return order
}
