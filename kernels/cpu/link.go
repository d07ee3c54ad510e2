//go:build cgo

package cpu

// #include "exec.h"
import "C"

import (
	"unsafe"

	"elbo/kernels"
)

// link lays the compiled instructions out in C memory and returns the executable.
func (d *Device) link(c *compiler) (*executable, error) {
	x := &executable{dev: d, program: c.p, mem: c.mem, bound: make([]*buffer, len(c.p.Slots))}
	ctx, err := array[C.elbo_ctx](c.mem, 1)
	if err != nil {
		return nil, err
	}
	x.ctx = &ctx[0]
	x.ctx.seed = C.uint64_t(c.p.Seed)
	if err := x.linkInstrs(c); err != nil {
		return nil, err
	}
	if err := x.linkValues(c); err != nil {
		return nil, err
	}
	x.plan(c)
	return x, x.linkScratch(c)
}

func (x *executable) linkInstrs(c *compiler) error {
	most := 0
	for i := range c.out {
		most = max(most, c.out[i].partial)
	}
	partial, err := c.mem.bytes(most)
	if err != nil {
		return err
	}
	list, err := array[C.elbo_ins](c.mem, len(c.out))
	if err != nil {
		return err
	}
	for i := range c.out {
		in, to := &c.out[i], &list[i]
		to.run = c.level.isa.run[in.kernel][in.dtype]
		to.fin = c.level.isa.fin[in.kernel][in.dtype]
		to.chunks, to.source = C.long(in.chunks), C.int32_t(in.source)
		to.partial, to.ext = (*C.char)(partial), in.ext
		for k, v := range in.v {
			to.v[k] = C.int32_t(v)
		}
		for k, v := range in.d {
			to.d[k] = C.long(v)
		}
	}
	x.ctx.ins, x.ctx.count = unsafe.SliceData(list), C.long(len(c.out))
	return nil
}

// linkValues fills the pointer table; values of slots follow when those are bound.
func (x *executable) linkValues(c *compiler) error {
	scratch, err := c.mem.bytes(c.p.Scratch)
	if err != nil {
		return err
	}
	if x.ptr, err = array[*C.char](c.mem, len(c.p.Values)); err != nil {
		return err
	}
	x.ctx.ptr = unsafe.SliceData(x.ptr)
	x.inSlot = make([][]kernels.ValueID, len(c.p.Slots))
	consts := map[constKey]unsafe.Pointer{}
	for i := range c.p.Values {
		switch v := &c.p.Values[i]; v.Home {
		case kernels.InScratch:
			x.ptr[i] = (*C.char)(unsafe.Add(scratch, v.Offset))
		case kernels.InSlot:
			x.inSlot[v.Slot] = append(x.inSlot[v.Slot], kernels.ValueID(i))
		case kernels.InConst:
			key := constKey{v.Slot, v.DType}
			if consts[key] == nil {
				data, err := c.mem.bytes(len(c.p.Consts[v.Slot]) * v.DType.Size())
				if err != nil {
					return err
				}
				n := len(c.p.Consts[v.Slot])
				kernels.PutFloats(unsafe.Slice((*byte)(data), n*v.DType.Size()), c.p.Consts[v.Slot], v.DType)
				consts[key] = data
			}
			x.ptr[i] = (*C.char)(consts[key])
		}
	}
	return nil
}

// constKey is a constant in the type a value reads it in.
type constKey struct {
	index int
	dtype kernels.DType
}

// linkScratch gives each thread that may run chunks its scratch.
func (x *executable) linkScratch(c *compiler) error {
	most := 0
	for i := range c.out {
		most = max(most, c.out[i].tls)
	}
	threads := 1
	for _, s := range x.stretches {
		if s.parallel {
			threads = x.dev.threads
		}
	}
	for range threads {
		p, err := c.mem.bytes(most)
		if err != nil {
			return err
		}
		x.tls = append(x.tls, (*C.char)(p))
	}
	return nil
}
