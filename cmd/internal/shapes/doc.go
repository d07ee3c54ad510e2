// Package shapes draws small grey images of which everything is known: six kinds of strokes
// (ring, square, triangle, cross, wave, arrow) at random place, size, angle and width. They
// let anyone try a variational autoencoder without fetching a data set.
//
// Image i is a pure function of (seed, i). Write stores images and labels as IDX files, plain
// or gzip, named as those of MNIST are.
package shapes
