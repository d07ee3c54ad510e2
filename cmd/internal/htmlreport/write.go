package htmlreport

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"

	"elbo/cmd/internal/result"
	"elbo/cmd/internal/screen"
	"elbo/vi/train"
)

//go:embed page.html vaepage.html style.css
var pages embed.FS

// Files of pages.
const (
	regressionPage = "page.html"
	styleSheet     = "style.css"
)

// section is a part of the parameter table.
type section struct {
	Title string
	Rows  [][]string
}

// view is what the template shows.
type view struct {
	S                          *result.Summary
	StopClass, StopPill        string
	KHatClass, KHatPill        string
	Alarms                     []string
	AlarmClass                 string
	Facts, Origin              []Fact
	Intervals, Trace, Gauge    template.HTML
	Percent, Threshold         string
	HasIntercept, Bent         bool
	Cut                        int
	StopSentence, KHatSentence string
	Tables                     []section
	Remarks                    []string
}

// Write writes the page about a fit; metrics are the lines of its training.
func Write(w io.Writer, s *result.Summary, metrics []train.Metric) error {
	return show(w, regressionPage, newView(s, metrics))
}

// show fills one of the pages.
func show(w io.Writer, name string, view any) error {
	t, err := template.ParseFS(pages, name, styleSheet)
	if err == nil {
		err = t.ExecuteTemplate(w, name, view)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func newView(s *result.Summary, metrics []train.Metric) *view {
	population, further := s.Groups()
	slopes := make([]result.Parameter, 0, len(population))
	for _, p := range population {
		if !strings.HasSuffix(p.Name, "_Intercept") {
			slopes = append(slopes, p)
		}
	}
	khat, _ := s.KHatSentence(screen.Style{})
	v := &view{
		S: s, Alarms: s.Alarms(), AlarmClass: "warn", Facts: facts(s), Origin: origin(s),
		Intervals: intervals(slopes, s.Prob), Trace: trace(metrics), Gauge: gauge(s.KHatValue(), s.KHatThreshold),
		Percent: result.Percent(s.Prob), Threshold: screen.Fixed(s.KHatThreshold, 2),
		HasIntercept: len(slopes) < len(population), Bent: bent(slopes), StopSentence: upper(s.StopSentence()) + ".",
		KHatSentence: "k-hat is " + khat, Remarks: append(append([]string{}, s.Warnings...), s.Notes...),
		Tables: []section{{"Population-level effects", cells(population)}},
	}
	if len(slopes) > maxRows {
		v.Cut = maxRows
	}
	if len(further) > 0 {
		v.Tables = append(v.Tables, section{"Further parameters", cells(further)})
	}
	if !s.Converged() || s.KHatVerdict == result.KHatBad {
		v.AlarmClass = "bad"
	}
	v.StopClass, v.StopPill = "ok", "converged"
	if !s.Converged() {
		v.StopClass, v.StopPill = "bad", "not converged"
	}
	v.KHatClass, v.KHatPill = string(s.KHatVerdict), "k-hat "+screen.Fixed(s.KHatValue(), 2)
	if s.KHatVerdict == result.KHatUnknown {
		v.KHatClass, v.KHatPill, v.KHatSentence = "warn", "no k-hat", upper(khat)
	}
	return v
}

func bent(rows []result.Parameter) bool {
	var bars []bar
	for _, p := range rows {
		bars = append(bars, bar{lower: float64(p.Lower), upper: float64(p.Upper)})
	}
	return len(bars) > 0 && barScale(bars, 0, 1).bend != 0
}

// facts are the figures in the head of the page.
func facts(s *result.Summary) []Fact {
	rows := Fact{"Rows used", screen.Count(s.RowsUsed), "all rows of the file"}
	if s.Rows > s.RowsUsed {
		rows.Note = screen.Count(s.Rows-s.RowsUsed) + " dropped for missing values"
	}
	bound := Fact{"ELBO", screen.Elbo(float64(s.Elbo)), "nats"}
	if se := float64(s.ElboSE); se > 0 {
		bound.Note = "± " + screen.Significant(se, 2) + " nats"
	}
	return []Fact{
		rows,
		{"Parameters", screen.Count(int64(len(s.Parameters))), s.GuideName()},
		bound,
		{"Steps", screen.Count(s.Steps), fmt.Sprintf("%.1f epochs, %s", s.Epochs, screen.Seconds(s.WallS))},
	}
}

// origin says what the fit was made from.
func origin(s *result.Summary) []Fact {
	var missing []string
	for _, c := range s.DroppedColumns() {
		missing = append(missing, fmt.Sprintf("%s %s", c, screen.Count(s.RowsDropped[c])))
	}
	out := []Fact{
		{Name: "Data", Value: s.Data},
		{Name: "Rows", Value: fmt.Sprintf("%s of %s", screen.Count(s.RowsUsed), screen.Count(s.Rows))},
	}
	if len(missing) > 0 {
		out = append(out, Fact{Name: "Missing values", Value: strings.Join(missing, ", ")})
	}
	return append(out, Fact{Name: "Draws", Value: screen.Count(int64(s.Draws))},
		Fact{Name: "Device", Value: s.DeviceLabel}, Fact{Name: "Float type", Value: s.DType},
		Fact{Name: "Seed", Value: fmt.Sprint(s.Seed)})
}

// cells prints the rows of the table.
func cells(rows []result.Parameter) [][]string {
	out := make([][]string, len(rows))
	for i, p := range rows {
		n := screen.Decimals(float64(p.SD))
		out[i] = []string{p.Name, screen.Fixed(float64(p.Mean), n), screen.Fixed(float64(p.SD), n),
			screen.Fixed(float64(p.Lower), n), screen.Fixed(float64(p.Upper), n), screen.Small(float64(p.MCSE))}
	}
	return out
}

func upper(s string) string {
	if s == "" || math.MaxInt8 < s[0] {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
