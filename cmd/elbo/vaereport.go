package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"github.com/spf13/pflag"

	"elbo/cmd/internal/htmlreport"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/cmd/internal/settings"
	"elbo/data/array"
	"elbo/vi/train"
	"elbo/vi/vae"
)

// speed is the median rate of the epochs, the first left out where there are more.
func speed(metrics []vaeMetric) result.Number {
	if len(metrics) > 1 {
		metrics = metrics[1:]
	}
	rates := make([]float64, 0, len(metrics))
	for _, m := range metrics {
		rates = append(rates, float64(m.ImagesPerS))
	}
	if len(rates) == 0 {
		return 0
	}
	sort.Float64s(rates)
	return result.Number(rates[len(rates)/2])
}

// Numbers of images in the report.
const (
	reportPairs  = 32
	reportPoints = 2000
)

// writeReport writes report.html.
func (j *vaeJob) writeReport(s *vaeSummary, r *vae.Runner, metrics []vaeMetric) error {
	page := j.page(s, metrics)
	shown := j.valid
	if len(shown) == 0 {
		shown = j.rows
	}
	if err := j.addPictures(page, r, shown); err != nil {
		return err
	}
	if err := j.addLatent(page, r, shown); err != nil {
		return err
	}
	return j.dir.Write(rundir.Report, func(w io.Writer) error { return htmlreport.WriteVAE(w, page) })
}

// page fills in all but pictures and points.
func (j *vaeJob) page(s *vaeSummary, metrics []vaeMetric) *htmlreport.VAE {
	p := &htmlreport.VAE{
		Version: version, SchemaVersion: rundir.SchemaVersion, Kind: kindOf(s.Model), Network: network(s.Model),
		StopPill: string(s.Stop.Reason), StopSentence: "The run " + s.stopSentence() + ".",
		Stopped: s.Stop.Reason == train.NoImprovement || s.Stop.Reason == train.OutOfBudget,
		UnitKL:  s.KLPerDim,
	}
	for _, m := range metrics {
		active := float64(m.ActiveUnits)
		if m.ActiveUnits < 0 {
			active = math.NaN()
		}
		p.Epochs = append(p.Epochs, htmlreport.Epoch{Epoch: m.Epoch, Train: float64(m.Elbo), Valid: float64(m.ValidBound),
			KL: float64(m.KL), Active: active})
	}
	valid := htmlreport.Fact{Name: "Training bound", Value: screen.Fixed(float64(s.TrainBound), 2), Note: "nats per image"}
	if s.ValidImages > 0 {
		valid = htmlreport.Fact{Name: "Validation bound", Value: screen.Fixed(float64(s.ValidBound), 2),
			Note: fmt.Sprintf("± %s nats; training %s", screen.Fixed(float64(s.ValidBoundSE), 2),
				screen.Fixed(float64(s.TrainBound), 2))}
	}
	p.Facts = []htmlreport.Fact{
		valid,
		{Name: "Active units", Value: fmt.Sprintf("%d of %d", s.ActiveUnits, s.Model.Latent),
			Note: "KL " + screen.Fixed(float64(s.KL), 2) + " nats"},
		{Name: "Images", Value: screen.Count(s.TrainImages), Note: "and " + screen.Count(s.ValidImages) + " for validation"},
		{Name: "Epochs", Value: fmt.Sprintf("%.4g", s.Epochs),
			Note: fmt.Sprintf("%s images/s, %s", screen.Rate(float64(s.ImagesPerS)), screen.Seconds(s.WallS))},
	}
	p.Origin = []htmlreport.Fact{{Name: "Data", Value: s.Data}, {Name: "Parameters", Value: screen.Count(s.Parameters)},
		{Name: "Device", Value: s.DeviceLabel}, {Name: "Float type", Value: s.DType},
		{Name: "Seed", Value: fmt.Sprint(s.Seed)}}
	j.settings.Each(func(f *pflag.Flag, o settings.Origin) {
		if o != settings.FromDefault && f.Name != "data" && f.Name != "out" {
			p.Options = append(p.Options, htmlreport.Fact{Name: f.Name, Value: optionText(f)})
		}
	})
	return p
}

// addPictures draws reconstructions, each below its image, and samples.
func (j *vaeJob) addPictures(p *htmlreport.VAE, r *vae.Runner, shown []int64) error {
	if !j.pictures() {
		return nil
	}
	ctx, seed := context.Background(), j.model.Config().Seed
	items := shown[:min(len(shown), reportPairs)]
	pairs, err := pairsOf(ctx, r, j.images, items, seed)
	if err != nil {
		return err
	}
	columns := gridSide
	if p.Recon, err = encodeGrid(j.images.Item(), pairs, columns); err != nil {
		return err
	}
	p.ReconCaption = "Images (odd rows) above what the model makes of them (even rows)"
	if len(j.valid) > 0 {
		p.ReconCaption += "; none of them was trained on"
	}
	p.ReconCaption += "."
	samples, err := r.Sample(ctx, gridSide*gridSide, seed)
	if err != nil {
		return err
	}
	p.SamplesCaption = "Means of images for draws from the prior."
	p.Samples, err = encodeGrid(j.images.Item(), samples, columns)
	return err
}

// encodeGrid returns a PNG of images.
func encodeGrid(item []int, pixels []float32, columns int) ([]byte, error) {
	var out bytes.Buffer
	err := array.EncodeGrid(&out, item, pixels, array.GridConfig{Columns: columns, Zoom: zoomFor(item)})
	return out.Bytes(), err
}

// zoomFor doubles small images, so that pages show them sharply.
func zoomFor(item []int) int {
	if f, err := array.ImageShape(item); err == nil && f.Width <= 32 {
		return 2
	}
	return 1
}

// addLatent places images by their posterior means.
func (j *vaeJob) addLatent(p *htmlreport.VAE, r *vae.Runner, shown []int64) error {
	c := j.model.Config()
	items := shown[:min(len(shown), reportPoints)]
	b, err := r.Bound(context.Background(), j.images, items, vae.BoundOptions{Seed: c.Seed})
	if err != nil {
		return err
	}
	for _, v := range b.MeanVar {
		p.Active = append(p.Active, v > vae.ActiveAbove)
	}
	mean, _, err := r.Encode(context.Background(), j.images, items, vae.BoundOptions{Seed: c.Seed})
	if err != nil {
		return err
	}
	points := make([]float64, len(mean))
	for i, v := range mean {
		points[i] = float64(v)
	}
	x, y, share := htmlreport.Plane(points, len(items), c.Latent)
	l := htmlreport.Latent{X: x, Y: y, LabelNames: j.images.LabelNames,
		XAxis: "first coordinate", YAxis: "second coordinate"}
	l.Caption = fmt.Sprintf("Posterior means of %s images", screen.Count(int64(len(items))))
	if c.Latent > 2 {
		l.XAxis = fmt.Sprintf("first principal component (%.0f%% of the variance)", 100*share[0])
		l.YAxis = fmt.Sprintf("second principal component (%.0f%%)", 100*share[1])
		l.Caption += fmt.Sprintf(", the first two principal components of %d dimensions", c.Latent)
	}
	if j.images.Labels != nil {
		for _, item := range items {
			l.Labels = append(l.Labels, j.images.Labels[item])
		}
		l.Caption += ", coloured by label"
	}
	l.Caption += "."
	p.Latent = l
	return nil
}

// pairsOf returns images and their reconstructions in alternate rows of gridSide.
func pairsOf(ctx context.Context, r *vae.Runner, a *array.Array, items []int64, seed uint64) ([]float32, error) {
	recon, err := r.Reconstruct(ctx, a, items, vae.BoundOptions{Seed: seed})
	if err != nil {
		return nil, err
	}
	scale, err := array.ParseScale(r.Model().Config().Scale)
	if err != nil {
		return nil, err
	}
	d := a.Width()
	images := make([]float32, len(items)*d)
	if err := a.Rows(items, scale, images); err != nil {
		return nil, err
	}
	var out []float32
	for at := 0; at < len(items); at += gridSide {
		n := min(gridSide, len(items)-at)
		blank := make([]float32, (gridSide-n)*d)
		if len(items) < gridSide {
			blank = nil
		}
		out = append(append(out, images[at*d:(at+n)*d]...), blank...)
		out = append(append(out, recon[at*d:(at+n)*d]...), blank...)
	}
	return out, nil
}

// optionText prints the value of a flag for the report.
func optionText(f *pflag.Flag) string {
	if list, ok := f.Value.(pflag.SliceValue); ok {
		return strings.Join(list.GetSlice(), ",")
	}
	return f.Value.String()
}
