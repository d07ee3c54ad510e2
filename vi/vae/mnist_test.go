package vae

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

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
	var want, wantTest float64
	for _, m := range ref.Models {
		if m.Q == q {
			want, wantTest = m.Train, m.Test
		}
	}
	dev := openDevice(t, 2)
	start, err := mustNew(t, linearConfig(train.Item(), q)).StartFrom(train, nil)
	if err != nil {
		t.Fatal(err)
	}
	const steps = 6000
	r := newTrainer(t, dev, linearConfig(train.Item(), q), train,
		StepOptions{Batch: 1000, Schedule: optim.Cosine(steps), Start: start})
	r.run(steps, 0.02)
	e := r.runner(dev)
	bound, err := e.Bound(bg, train, nil, BoundOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	nll, err := e.NLL(bg, train, nil, 20, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("bound %.3f, log-likelihood %.3f, optimum %.3f", bound.Bound, -nll.NLL, want)
	if math.Abs(bound.Bound-want) > 0.1 {
		t.Errorf("bound %.3f, optimum %.3f", bound.Bound, want)
	}
	if gap := -nll.NLL - bound.Bound; math.Abs(gap) > 0.1 {
		t.Errorf("the bound is %.3f below the log-likelihood", gap)
	}
	held, err := e.Bound(bg, test, nil, BoundOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// The optimum of the training data, nearly reached, is not that of the test data: 0.3 nats of room.
	if math.Abs(held.Bound-wantTest) > 0.3 {
		t.Errorf("test bound %.3f, of the optimum %.3f", held.Bound, wantTest)
	}
}

// TestMNISTDefaultModel: the default model reaches a test bound of −103 nats in ten epochs.
func TestMNISTDefaultModel(t *testing.T) {
	data, test := mnist(t, "train-images-idx3-ubyte.gz"), mnist(t, "t10k-images-idx3-ubyte.gz")
	dev := openDevice(t, 2)
	start, err := mustNew(t, Default(data.Item())).StartFrom(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := newTrainer(t, dev, Default(data.Item()), data, StepOptions{Batch: 128, Start: start})
	r.run(10*469, 1e-3)
	b, err := r.runner(dev).Bound(bg, test, nil, BoundOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("test bound %.2f ± %.2f, %d active", b.Bound, b.BoundSE, b.Active)
	if b.Bound < -103 {
		t.Errorf("test bound %.2f after ten epochs", b.Bound)
	}
}

// TestMNISTConvolutionsBeatLayers: the convolutional model beats the fully connected one of as many
// parameters on the test bound, within two epochs each.
func TestMNISTConvolutionsBeatLayers(t *testing.T) {
	data, test := mnist(t, "train-images-idx3-ubyte.gz"), mnist(t, "t10k-images-idx3-ubyte.gz")
	dev := openDevice(t, 2)
	bounds, sizes := map[string]float64{}, map[string]int{}
	for name, c := range map[string]Config{
		"conv": {Arch: "conv", Item: data.Item()},
		"mlp":  {Encoder: []int{140}, Decoder: []int{140}, Item: data.Item()},
	} {
		c.Latent = 20
		r := newTrainer(t, dev, c, data, StepOptions{Batch: 128})
		for _, shape := range r.m.Parameters() {
			sizes[name] += shape.Size()
		}
		r.run(2*469, 1e-3)
		b, err := r.runner(dev).Bound(bg, test, nil, BoundOptions{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		bounds[name] = b.Bound
	}
	t.Logf("bounds %v, parameters %v", bounds, sizes)
	if ratio := float64(sizes["mlp"]) / float64(sizes["conv"]); ratio < 0.97 || ratio > 1.03 {
		t.Errorf("the models have %v parameters", sizes)
	}
	if bounds["conv"] <= bounds["mlp"] {
		t.Errorf("bounds %v", bounds)
	}
}
