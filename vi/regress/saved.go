package regress

import (
	"encoding/json"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"elbo/data/formula"
	"elbo/graph"
)

// SavedVersion is the schema version of saved models.
const SavedVersion = 1

// Saved is a fitted model as predict reads it: the frozen encoding and the Gaussian posterior.
type Saved struct {
	SchemaVersion int              `json:"schema_version"`
	Family        string           `json:"family"` // with link, as ParseFamily takes it
	Guide         string           `json:"guide"`
	Seed          uint64           `json:"seed"`
	Prob          float64          `json:"prob"`
	Draws         int              `json:"draws"`
	Encoder       *formula.Encoder `json:"encoder"`
	ColumnMean    []float64        `json:"column_mean"`
	ColumnSD      []float64        `json:"column_sd"`
	Mean          []float64        `json:"mean"` // of ζ (D)
	Cov           []float64        `json:"cov"`  // of ζ (D,D)
	MCSE          []float64        `json:"mcse,omitempty"`
	Corrected     *Corrected       `json:"corrected,omitempty"`

	lay *layout
}

// Save returns the fitted model for a model file.
func (f *Fit) Save() *Saved {
	p := f.Problem
	lay := p.design.lay
	s := &Saved{
		SchemaVersion: SavedVersion, Family: p.lik.Name(), Guide: p.guide, Seed: p.Options.Seed,
		Prob: p.Options.Prob, Draws: p.Options.Draws, Encoder: p.enc,
		ColumnMean: lay.mean, ColumnSD: lay.sd, Mean: f.Posterior.Mean(), Cov: f.Posterior.Cov(),
		Corrected: f.Corrected, lay: lay,
	}
	if f.Training.MCSE != nil {
		s.MCSE = f.Training.MCSE[:lay.dim()]
	}
	return s
}

// Load reads a model file; any inconsistency is ErrSaved.
func Load(text []byte) (*Saved, error) {
	s := &Saved{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, fmt.Errorf("regress: %w: %w", ErrSaved, err)
	}
	switch {
	case s.SchemaVersion != SavedVersion:
		return nil, fmt.Errorf("regress: %w: schema_version %d, this program reads %d",
			ErrSaved, s.SchemaVersion, SavedVersion)
	case s.Encoder == nil:
		return nil, fmt.Errorf("regress: %w: no encoder", ErrSaved)
	}
	lik, err := ParseFamily(s.Family)
	if err != nil {
		return nil, fmt.Errorf("regress: %w: %w", ErrSaved, err)
	}
	p := s.Encoder.P()
	lay := &layout{lik: lik, names: s.Encoder.Names(), k: 1, p: p,
		intercept: s.Encoder.HasIntercept(), mean: s.ColumnMean, sd: s.ColumnSD}
	if lik.Family == "categorical" {
		lay.levels = s.Encoder.Response().Levels
		lay.k = max(len(lay.levels)-1, 1)
	}
	d := lay.dim()
	if len(s.ColumnMean) != p || len(s.ColumnSD) != p || len(s.Mean) != d || len(s.Cov) != d*d ||
		s.MCSE != nil && len(s.MCSE) != d || s.Corrected != nil && !s.Corrected.fits(d) ||
		!finiteAll(s.Mean, s.Cov, s.ColumnMean, s.ColumnSD) {
		return nil, fmt.Errorf("regress: %w: sizes of its arrays do not fit %d columns", ErrSaved, p)
	}
	if err := s.checkNumbers(); err != nil {
		return nil, err
	}
	s.lay = lay
	return s, nil
}

// maxSavedDraws bounds the draws a model file may ask for.
const maxSavedDraws = 1 << 24

// checkNumbers refuses numbers no fit writes.
func (s *Saved) checkNumbers() error {
	switch {
	case !(s.Prob > 0 && s.Prob < 1):
		return fmt.Errorf("regress: %w: probability %v of its intervals", ErrSaved, s.Prob)
	case s.Draws < 1 || s.Draws > maxSavedDraws:
		return fmt.Errorf("regress: %w: %d draws", ErrSaved, s.Draws)
	}
	for j, sd := range s.ColumnSD {
		if !(sd > 0) {
			return fmt.Errorf("regress: %w: sd %v of column %d", ErrSaved, sd, j)
		}
	}
	if s.Guide == "map" { // its covariance is zero
		return nil
	}
	d := len(s.Mean)
	for i := range d {
		for j := range i {
			if gap := s.Cov[i*d+j] - s.Cov[j*d+i]; gap*gap > 1e-18*s.Cov[i*d+i]*s.Cov[j*d+j] {
				return fmt.Errorf("regress: %w: its covariance is not symmetric", ErrSaved)
			}
		}
	}
	var chol mat.Cholesky
	if !chol.Factorize(mat.NewSymDense(d, append([]float64(nil), s.Cov...))) {
		return fmt.Errorf("regress: %w: its covariance is not positive definite", ErrSaved)
	}
	return nil
}

// Summarise returns the parameters on the user's scale with intervals of the given mass.
func (s *Saved) Summarise(prob float64) []Parameter {
	rows := summarise(s.lay, s.Mean, s.Cov, s.MCSE, prob)
	if s.Corrected != nil {
		s.Corrected.apply(rows, prob)
	}
	return rows
}

// sample returns n draws of ζ as columns (D,n), a pure function of the seed.
func (s *Saved) sample(n int) ([]float64, error) {
	d := s.lay.dim()
	if s.Guide == "map" {
		out := make([]float64, d*n)
		for i := range out {
			out[i] = s.Mean[i/n]
		}
		return out, nil
	}
	var chol mat.Cholesky
	if !chol.Factorize(mat.NewSymDense(d, append([]float64(nil), s.Cov...))) {
		return nil, fmt.Errorf("regress: %w: its covariance is not positive definite", ErrSaved)
	}
	var l mat.TriDense
	chol.LTo(&l)
	eps := make([]float64, d*n)
	graph.HostNormals(eps, s.Seed, "predict/draws", 0)
	out := make([]float64, d*n)
	for i := range d {
		for k := range i + 1 {
			for c, e := range eps[k*n : (k+1)*n] {
				out[i*n+c] += l.At(i, k) * e
			}
		}
		for c := range n {
			out[i*n+c] += s.Mean[i]
		}
	}
	return out, nil
}
