package htmlreport

import (
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
)

const vaePage = "vaepage.html"

// Fact is a figure in the head of a page, or a line of its end.
type Fact struct{ Name, Value, Note string }

// VAE is what a page about a variational autoencoder shows; empty parts are left out.
type VAE struct {
	Version       string
	SchemaVersion int
	Kind          string // likelihood, posterior and objective in a few words
	Network       string // the widths, as 784–400–20–400–784
	StopPill      string // one word
	StopSentence  string
	Stopped       bool // by its own rule, and not by a budget
	Alarms        []string
	Facts         []Fact
	Origin        []Fact
	Options       []Fact
	Remarks       []string
	Epochs        []Epoch
	// Samples and Recon are PNG files.
	Samples, Recon               []byte
	SamplesCaption, ReconCaption string
	Latent                       Latent
	// UnitKL is the KL of each latent dimension, Active whether its mean varies over the images.
	UnitKL []float64
	Active []bool
}

// Epoch is a point of the curves; figures that are not known are NaN.
type Epoch struct {
	Epoch                    int64
	Train, Valid, KL, Active float64
}

// vaeView is what the template shows.
type vaeView struct {
	R              *VAE
	StopClass      string
	Bound, KL      template.HTML
	Cut            bool
	Samples, Recon template.URL
	Cloud, Units   template.HTML
	Legend         []legendEntry
}

type legendEntry struct {
	Mark template.HTML
	Text string
}

// WriteVAE writes the page about a variational autoencoder.
func WriteVAE(w io.Writer, r *VAE) error {
	v := &vaeView{R: r, StopClass: "ok", Samples: inline(r.Samples), Recon: inline(r.Recon)}
	if !r.Stopped {
		v.StopClass = "warn"
	}
	v.Bound, v.Cut = boundCurves(r.Epochs)
	v.KL = klCurves(r.Epochs)
	v.Cloud, v.Legend = cloud(&r.Latent)
	v.Units = units(r.UnitKL, r.Active)
	return show(w, vaePage, v)
}

// inline returns a PNG as an address that holds it.
func inline(png []byte) template.URL {
	if len(png) == 0 {
		return ""
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(png))
}

// colours is the number of colour classes of the page.
const colours = 10

func colour(i int) string { return fmt.Sprintf("c%d", i%colours) }

// swatch is a small mark in the colour of a class.
func swatch(class string) template.HTML {
	const dot = `<svg viewBox="0 0 10 10" aria-hidden="true"><circle class="%s" cx="5" cy="5" r="4.5"/></svg>`
	return template.HTML(fmt.Sprintf(dot, class))
}

// span returns the range of the finite values, widened by a margin; ok is false when there are none.
func span(margin float64, lists ...[]float64) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, list := range lists {
		for _, v := range list {
			if finite(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	if lo > hi {
		return 0, 0, false
	}
	pad := margin*(hi-lo) + 1e-9
	return lo - pad, hi + pad, true
}
