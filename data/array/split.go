package array

import (
	"slices"

	"elbo/data"
)

// splitEpoch keys the permutation of the split apart from those of the epochs, which count from 0.
const splitEpoch = -1

// Split divides N items into training and validation: valid of them, chosen by the keyed permutation of package data,
// are for validation. It is a pure function of its arguments; both lists are in ascending order, so that reading them
// without shuffling walks through memory. The training part keeps at least one item.
func Split(items, valid int64, seed uint64) (train, validation []int64, err error) {
	if items < 1 || valid < 0 || valid >= items {
		return nil, nil, options("array: %d of %d items for validation: at least one must be left for training", valid, items)
	}
	order := data.Permutation{N: items, Seed: seed, Epoch: splitEpoch}
	chosen := make([]bool, items)
	validation = make([]int64, valid)
	for i := range validation {
		validation[i] = order.At(int64(i))
		chosen[validation[i]] = true
	}
	slices.Sort(validation)
	train = make([]int64, 0, items-valid)
	for item := range items {
		if !chosen[item] {
			train = append(train, item)
		}
	}
	return train, validation, nil
}
