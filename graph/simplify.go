package graph

import "elbo/kernels"

func (c *Code) simplifyElem(op kernels.Op, imm [2]float64, shape kernels.Shape, args []V) V {
	return noValue
}

func (c *Code) simplifyApply(op kernels.Op, attr kernels.Attr, shape kernels.Shape, args []V) V {
	return noValue
}
