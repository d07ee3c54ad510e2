package vae

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"

	"elbo/graph"
	"elbo/graph/nn"
)

// Params holds a model's trained numbers and running statistics by name, row-major.
type Params map[string][]float64

// Files of a saved model.
const (
	ModelFile   = "model.json"
	WeightsFile = "weights.safetensors"
)

// modelKind and modelVersion mark ModelFile.
const (
	modelKind    = "vae"
	modelVersion = 1
)

// saved is ModelFile.
type saved struct {
	Kind    string `json:"kind"`
	Version int    `json:"schema_version"`
	Config  Config `json:"config"`
}

// ParamsOf reads the model's parameters and statistics from an instance that has them, such as
// that of a training step; where the step keeps moving averages of parameters, it reads those.
func (m *Model) ParamsOf(in *graph.Instance) (Params, error) {
	p := Params{}
	for name := range m.shapes {
		v, err := in.Get(slotOf(in, name))
		if err != nil {
			return nil, err
		}
		p[name] = v
	}
	return p, nil
}

// CheckParams checks that p has exactly the model's parameters in their sizes, and that they are
// finite. Errors wrap ErrSaved.
func (m *Model) CheckParams(p Params) error {
	for _, name := range m.names() {
		v, ok := p[name]
		if n := m.shapes[name].Size(); !ok || len(v) != n {
			return fmt.Errorf("%w: parameter %q has %d values, the model wants %d", ErrSaved, name, len(v), n)
		}
		for i, x := range v {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("%w: parameter %q: value %d is %g", ErrSaved, name, i, x)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if _, ok := m.shapes[name]; !ok {
			return fmt.Errorf("%w: parameter %q is not the model's", ErrSaved, name)
		}
	}
	return nil
}

// names lists the parameters in order.
func (m *Model) names() []string {
	return slices.Sorted(maps.Keys(m.shapes))
}

// Save writes the model to dir, as ModelFile and WeightsFile; the weights are written last.
func (m *Model) Save(dir string, p Params) error {
	if err := m.CheckParams(p); err != nil {
		return err
	}
	text, err := json.MarshalIndent(saved{modelKind, modelVersion, m.cfg}, "", "  ")
	if err != nil {
		return fmt.Errorf("vae: save: %w", err)
	}
	path := filepath.Join(dir, ModelFile)
	if err := os.WriteFile(path+".tmp", append(text, '\n'), 0o666); err != nil {
		return fmt.Errorf("vae: save: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("vae: save: %w", err)
	}
	tensors := map[string]nn.Tensor{}
	for name, v := range p {
		tensors[name] = nn.Tensor{Shape: m.shapes[name], DType: m.dtype, Data: v}
	}
	return nn.SaveTensors(filepath.Join(dir, WeightsFile), tensors, map[string]string{"model": modelKind})
}

// maxModelFile bounds ModelFile: configurations are small, whatever a file says.
const maxModelFile = 1 << 20

// Load reads what Save wrote. A directory of another kind of model, or a damaged one, is refused
// with an error that wraps ErrSaved and names file and field.
func Load(dir string) (*Model, Params, error) {
	m, err := loadModel(filepath.Join(dir, ModelFile))
	if err != nil {
		return nil, nil, err
	}
	tensors, _, err := nn.LoadTensors(filepath.Join(dir, WeightsFile))
	var damaged *nn.FileError
	if errors.As(err, &damaged) {
		return nil, nil, fmt.Errorf("%w: %w", ErrSaved, err)
	}
	if err != nil {
		return nil, nil, err
	}
	p := Params{}
	for _, name := range slices.Sorted(maps.Keys(tensors)) {
		t := tensors[name]
		if shape, ok := m.shapes[name]; ok && !slices.Equal(t.Shape, shape) {
			return nil, nil, fmt.Errorf("%w: %s: parameter %q has shape %v, the model wants %v",
				ErrSaved, WeightsFile, name, t.Shape, shape)
		}
		p[name] = t.Data
	}
	if err := m.CheckParams(p); err != nil {
		return nil, nil, err
	}
	return m, p, nil
}

// loadModel reads ModelFile.
func loadModel(path string) (*Model, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("vae: load: %w", err)
	}
	if info.Size() > maxModelFile {
		return nil, fmt.Errorf("%w: %s: %d bytes, at most %d make sense", ErrSaved, path, info.Size(), maxModelFile)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("vae: load: %w", err)
	}
	var s saved
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrSaved, path, err)
	}
	if s.Kind != modelKind {
		return nil, fmt.Errorf("%w: %s: kind is %q, a model of another command; %q is wanted",
			ErrSaved, path, s.Kind, modelKind)
	}
	if s.Version != modelVersion {
		return nil, fmt.Errorf("%w: %s: schema_version is %d, this program reads %d",
			ErrSaved, path, s.Version, modelVersion)
	}
	m, err := New(s.Config)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: config: %w", ErrSaved, path, err)
	}
	return m, nil
}
