//go:build elbo_cuda && linux

package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"elbo/data/array"
	"elbo/kernels"
	"elbo/vi/vae"
)

// named is an application with the name it is reported under.
type named struct {
	name string
	app  app
}

// apps lists the applications.
func (o *options) apps() []named {
	table := filepath.Join(o.dir, "data", "regression.csv")
	images := filepath.Join(o.dir, "data", "shapes-images-idx3-ubyte")
	var draws, narrow []string
	if o.short { // an emulator is a thousand times slower than a card
		draws = []string{"--draws", "100"}
		narrow = []string{"--encoder", "16", "--decoder", "16", "--latent", "2", "--batch", "16"}
	}
	fit := func(family, guide, dtype string) app {
		args := append([]string{"--data", table, "--formula", "y ~ .", "--batch", "128",
			"--family", family, "--guide", guide, "--dtype", dtype}, draws...)
		return &regression{o, table, args}
	}
	list := []named{
		{"poisson, full rank, float64", fit("poisson", "fullrank", "float64")},
		{"negative binomial, mean field, float32", fit("negbinomial", "meanfield", "float32")},
		{"autoencoder, float32", &autoencoder{o, images, append([]string{"--data", images, "--valid", "0",
			"--sample-every", "0"}, narrow...)}},
		{"model of plates, mean field, float32", newPlates(true)},
	}
	if o.short {
		return list
	}
	return append(list,
		named{"poisson, mean field, float64", fit("poisson", "meanfield", "float64")},
		named{"negative binomial, full rank, float64", fit("negbinomial", "fullrank", "float64")},
		named{"gaussian, full rank, float32", fit("gaussian", "fullrank", "float32")},
		named{"model of plates, full rank, float64", newPlates(false)})
}

// regression is elbo fit and predict.
type regression struct {
	o     *options
	table string
	args  []string
}

func (a *regression) train(device, dir string, steps int) error {
	return a.o.goOn([]string{"fit"}, a.args, device, dir, steps)
}

func (a *regression) outcome(device, dir string) (*product, error) {
	text, err := os.ReadFile(filepath.Join(dir, "model.json"))
	if err != nil {
		return nil, err
	}
	var m struct{ Mean, Cov []float64 }
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("model.json: %w", err)
	}
	out := &product{params: map[string][]float64{"mean": m.Mean, "covariance": m.Cov}}
	if out.bounds, err = readBounds(filepath.Join(dir, "metrics.jsonl")); err != nil {
		return nil, err
	}
	text, err = a.o.start("elbo", "predict", dir, "--data", a.table, "--device", device)
	if err != nil {
		return nil, err
	}
	out.uses, err = readTable(text)
	return out, err
}

// autoencoder is elbo vae train and encode.
type autoencoder struct {
	o      *options
	images string
	args   []string
}

func (a *autoencoder) train(device, dir string, steps int) error {
	return a.o.goOn([]string{"vae", "train"}, a.args, device, dir, steps)
}

func (a *autoencoder) outcome(device, dir string) (*product, error) {
	_, params, err := vae.Load(dir)
	if err != nil {
		return nil, err
	}
	out := &product{params: params, uses: map[string][]float64{}}
	if out.bounds, err = readBounds(filepath.Join(dir, "metrics.jsonl")); err != nil {
		return nil, err
	}
	codes, spreads := filepath.Join(dir, "codes.npy"), filepath.Join(dir, "spreads.npy")
	_, err = a.o.start("elbo", "vae", "encode", dir, "--data", a.images, "--limit", "100", "--device", device,
		"--out", codes, "--sd", spreads)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{codes, spreads} {
		if out.uses[filepath.Base(path)], err = readArray(path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// goOn runs a training command up to a number of steps, from the start where dir is not there.
func (o *options) goOn(command, args []string, device, dir string, steps int) error {
	if _, err := os.Stat(dir); err == nil {
		args = []string{"--resume"}
	}
	all := append(append([]string{}, command...), args...)
	_, err := o.start("elbo", append(all, "-q", "--max-steps", strconv.Itoa(steps), "--device", device, "--out", dir)...)
	return err
}

// readBounds reads the bounds of a run by step.
func readBounds(path string) (map[int64]float64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	out := map[int64]float64{}
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var m struct {
			Step int64    `json:"step"`
			Elbo *float64 `json:"elbo"`
		}
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if m.Elbo != nil {
			out[m.Step] = *m.Elbo
		}
	}
	return out, nil
}

// readTable reads the columns of CSV text whose first row names them.
func readTable(text []byte) (map[string][]float64, error) {
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, fmt.Errorf("predictions: %d lines: %w", len(rows), err)
	}
	out := map[string][]float64{}
	for j, name := range rows[0] {
		for i, row := range rows[1:] {
			x, err := strconv.ParseFloat(row[j], 64)
			if err != nil {
				return nil, fmt.Errorf("predictions: row %d, %s: %w", i+1, name, err)
			}
			out[name] = append(out[name], x)
		}
	}
	return out, nil
}

// readArray reads the numbers of an NPY file.
func readArray(path string) ([]float64, error) {
	a, err := array.Open(path, array.Options{})
	if err != nil {
		return nil, err
	}
	if a.DType != array.Float32 {
		return nil, fmt.Errorf("%s: %v, want float32", path, a.DType)
	}
	x := make([]float64, len(a.Raw())/4)
	kernels.GetFloats(x, a.Raw(), kernels.F32)
	return x, nil
}
