package svi_test

import (
	"context"
	"fmt"
	"log"

	"elbo/graph"
	"elbo/graph/dist"
	"elbo/kernels/ref"
	"elbo/vi/model"
	"elbo/vi/svi"
)

// A line through eight points, y ~ N(a + b x, sigma), in batches of four.
func ExampleFit() {
	const batch = 4
	m, err := model.New(func(s *model.Scope) {
		x, y := s.Data("x", batch), s.Data("y", batch)
		a := s.Sample("a", dist.Normal(s.Const(0), s.Const(5)))
		b := s.Sample("b", dist.Normal(s.Const(0), s.Const(5)))
		sigma := s.Sample("sigma", dist.Exponential(s.Const(1)))
		rows := s.Plate("rows", batch)
		rows.Observe("lik", dist.Normal(graph.Add(a, graph.Mul(b, x)), sigma), y)
	})
	if err != nil {
		log.Fatal(err)
	}
	fit, err := svi.Fit(context.Background(), m, svi.Data{
		"x": svi.Vector([]float64{-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2}),
		"y": svi.Vector([]float64{-2.1, -1.2, 0.1, 0.9, 2.2, 2.8, 4.1, 4.9}),
	}, svi.Options{Device: ref.Open(), Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fit.Reason)
	for _, s := range fit.Sites {
		fmt.Printf("%-5s %.1f ± %.1f\n", s.Name, s.Mean[0], s.SD[0])
	}
	fmt.Println("trusted:", fit.Weights.Trusted())
	// Output:
	// converged
	// a     1.0 ± 0.1
	// b     2.0 ± 0.1
	// sigma 0.2 ± 0.1
	// trusted: true
}
