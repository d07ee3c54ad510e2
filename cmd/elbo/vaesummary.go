package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/vi/feed"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// vaeSummary is summary.json of a training run; nats per image.
type vaeSummary struct {
	SchemaVersion int            `json:"schema_version"`
	Kind          string         `json:"kind"`
	TrainBound    result.Number  `json:"train_bound"`
	ValidBound    result.Number  `json:"valid_bound"`
	ValidBoundSE  result.Number  `json:"valid_bound_se"`
	KL            result.Number  `json:"kl"`
	Recon         result.Number  `json:"recon"`
	Epochs        float64        `json:"epochs"`
	Steps         int64          `json:"steps"`
	ImagesPerS    result.Number  `json:"images_per_s"`
	Stop          vaeStop        `json:"stop"`
	ActiveUnits   int            `json:"active_units"`
	KLPerDim      []float64      `json:"kl_per_dim,omitempty"`
	TrainImages   int64          `json:"train_images"`
	ValidImages   int64          `json:"valid_images"`
	Parameters    int64          `json:"parameters"`
	StartFrom     string         `json:"start_from,omitempty"` // the run whose parameters began this one
	WallS         float64        `json:"wall_s"`
	Data          string         `json:"data"`
	Device        string         `json:"device"`
	DeviceLabel   string         `json:"device_label"`
	DType         string         `json:"dtype"`
	Seed          uint64         `json:"seed"`
	Version       string         `json:"version"`
	Placement     feed.Placement `json:"data_placement,omitzero"`
	Model         vae.Config     `json:"model"`
}

// vaeStop says which rule ended the run.
type vaeStop struct {
	Reason    train.Reason  `json:"reason"`
	BestEpoch int64         `json:"best_epoch,omitempty"`
	BestBound result.Number `json:"best_bound"`
}

// loadVAESummary reads summary.json of a finished run.
func loadVAESummary(path string) (*vaeSummary, error) {
	if err := rundir.ReadFinished(path, rundir.KindVAE); err != nil {
		return nil, err
	}
	s := &vaeSummary{}
	return s, rundir.ReadJSON(path, rundir.Summary, s)
}

// vaeSummarize prints the summary of a finished run.
func (a *app) vaeSummarize(path string, asJSON bool) error {
	s, err := loadVAESummary(path)
	if err != nil {
		return err
	}
	if asJSON {
		return writeJSON(a.out, s)
	}
	return s.writeText(a.out, a.style())
}

// stopSentence says how the run ended.
func (s *vaeSummary) stopSentence() string {
	n := strconv.FormatFloat(math.Round(s.Epochs*100)/100, 'g', -1, 64) + " epochs"
	if n == "1 epochs" {
		n = "1 epoch"
	}
	switch s.Stop.Reason {
	case train.NoImprovement:
		return fmt.Sprintf("ended by patience after %s; the parameters are those of epoch %d", n, s.Stop.BestEpoch)
	case train.OutOfTime:
		return "ended by its budget of time after " + n
	}
	return "ended by its budget after " + n
}

// writeText prints the summary for people.
func (s *vaeSummary) writeText(w io.Writer, st screen.Style) error {
	bound := screen.Fixed(float64(s.TrainBound), 2) + " nats per image in training"
	if s.ValidImages > 0 {
		bound += fmt.Sprintf(", %s ± %s on %s validation images", screen.Fixed(float64(s.ValidBound), 2),
			screen.Fixed(float64(s.ValidBoundSE), 2), screen.Count(s.ValidImages))
	}
	start := "random parameters"
	if s.StartFrom != "" {
		start = "the parameters of " + s.StartFrom
	}
	return screen.WriteFacts(w, st, [][2]string{
		{"Model", network(s.Model)}, {"Kind", kindOf(s.Model)},
		{"Data", fmt.Sprintf("%s, %s training images", s.Data, screen.Count(s.TrainImages))},
		{"Bound", bound},
		{"Units", fmt.Sprintf("%d of %d active, KL %s nats", s.ActiveUnits, s.Model.Latent, screen.Fixed(float64(s.KL), 2))},
		{"Speed", fmt.Sprintf("%s images/s, %s in all, %s", screen.Rate(float64(s.ImagesPerS)), screen.Seconds(s.WallS),
			s.DeviceLabel)},
		{"Start", fmt.Sprintf("%s, seed %d", start, s.Seed)},
		{"Stop", s.stopSentence()},
	})
}

// network writes the widths from pixels to pixels: 784–400–20–400–784.
func network(c vae.Config) string {
	encode, decode := []string{fmt.Sprint(c.Width())}, []string{}
	switch c.Arch {
	case "mlp":
		for _, n := range c.Encoder {
			encode = append(encode, fmt.Sprint(n))
		}
		for _, n := range c.Decoder {
			decode = append(decode, fmt.Sprint(n))
		}
	case "layers":
		for _, l := range c.EncoderLayers {
			encode = append(encode, l.Layer)
		}
		for _, l := range c.DecoderLayers {
			decode = append(decode, l.Layer)
		}
	default:
		encode, decode = append(encode, c.Arch), append(decode, c.Arch)
	}
	all := append(append(encode, fmt.Sprint(c.Latent)), decode...)
	return strings.Join(append(all, fmt.Sprint(c.Width())), "–")
}

// kindOf names what is not usual about a model, and the likelihood.
func kindOf(c vae.Config) string {
	parts := []string{c.Likelihood + " likelihood"}
	if c.Posterior != "diagonal" {
		parts = append(parts, c.Posterior+" posterior")
	}
	if c.Prior != "normal" {
		parts = append(parts, c.Prior+" prior")
	}
	objective := c.Objective
	if c.K > 1 {
		objective += fmt.Sprintf(" with k = %d", c.K)
	}
	if c.Beta != 1 {
		objective += fmt.Sprintf(", beta %g", c.Beta)
	}
	if c.Anneal != "none" {
		objective += ", " + c.Anneal + " annealing"
	}
	if c.FreeBits > 0 {
		objective += fmt.Sprintf(", %g free nats a unit", c.FreeBits)
	}
	return strings.Join(append(parts, "objective "+objective), ", ")
}

// openVAE opens a finished run and its model.
func openVAE(path string) (*vae.Model, vae.Params, error) {
	if err := rundir.ReadFinished(path, rundir.KindVAE); err != nil {
		return nil, nil, err
	}
	m, p, err := vae.Load(path)
	if err != nil {
		return nil, nil, &exit.Error{Code: exitOfSaved(err), Err: err, Hint: "repeat the training with --overwrite"}
	}
	return m, p, nil
}

// exitOfSaved is the code of a run that cannot be read: what it lacks is a fault of its own.
func exitOfSaved(err error) exit.Code {
	if code := exit.Of(err); code != exit.IO && code != exit.Internal {
		return code
	}
	return exit.Data
}
