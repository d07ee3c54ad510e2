package vae

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"elbo/data/array"
	"elbo/vi/optim"
)

// mnist opens the images under ELBO_DATA, which slow tests alone read (ELBO_SLOW=1).
func mnist(t *testing.T, file string) *array.Array {
	t.Helper()
	if os.Getenv("ELBO_SLOW") == "" {
		t.Skip("trains on MNIST for a minute or more; set ELBO_SLOW=1")
	}
	root := os.Getenv("ELBO_DATA")
	if root == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("ELBO_DATA is not set")
		}
		t.Skip("ELBO_DATA is not set: no reference data")
	}
	a, err := array.Open(filepath.Join(root, "mnist", file), array.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestMNISTLinearModelIsPPCA: the linear model with 10 latents on MNIST against numpy's
// eigendecomposition (mnist/ppca_reference.json).
func TestMNISTLinearModelIsPPCA(t *testing.T) {
	const q = 10
	train, test := mnist(t, "train-images-idx3-ubyte.gz"), mnist(t, "t10k-images-idx3-ubyte.gz")
	text, err := os.ReadFile(filepath.Join(os.Getenv("ELBO_DATA"), "mnist", "ppca_reference.json"))
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Models []struct {
			Q     int
			Train float64 `json:"train_avg_log_likelihood"`
			Test  float64 `json:"test_avg_log_likelihood"`
		}
	}
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	dev := openDevice(t, 2)
	start, err := mustNew(t, linearConfig(train.Item(), q)).StartFrom(train, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newTrainer(t, dev, linearConfig(train.Item(), q), train, StepOptions{Batch: 1000, Start: start, Schedule: optim.Cosine(6000)})
	t0 := time.Now()
	e := r.runner(dev)
	for range 8 {
		v := r.run(6000/8, 0.02)
		b, err := e.Bound(bg, train, nil, BoundOptions{})
		t.Log(time.Since(t0), v, b, err)
	}
	n, err := e.NLL(bg, train, nil, 20, 0, nil)
	t.Log(time.Since(t0), n, err)
	nn, err := e.NLL(bg, test, nil, 20, 0, nil)
	t.Log(time.Since(t0), nn, err)
	for _, m := range ref.Models {
		if m.Q == q {
			t.Log(m)
		}
	}
}
