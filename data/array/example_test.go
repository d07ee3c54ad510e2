package array_test

import (
	"fmt"
	"log"

	"elbo/data/array"
)

// Open an array, keep some items for validation and read a minibatch of the rest.
func Example() {
	a, err := array.Open("testdata/set.npz:x_train", array.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a)
	train, _, err := array.Split(a.Items(), 1, 1)
	if err != nil {
		log.Fatal(err)
	}
	batches, err := array.NewBatches(a, array.BatchConfig{Rows: train, Batch: 1})
	if err != nil {
		log.Fatal(err)
	}
	var b array.Batch
	if err := batches.Fill(0, &b); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(b.Items), len(b.Floats), len(b.Labels))
	// Output:
	// testdata/set.npz:x_train: npz, 2 items of 3×4 uint8
	// 1 12 1
}
