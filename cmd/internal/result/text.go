package result

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strconv"
	"strings"

	"elbo/cmd/internal/screen"
	"elbo/vi/train"
)

// WriteText prints the summary for people.
func (s *Summary) WriteText(w io.Writer, st screen.Style) error {
	var b strings.Builder
	for _, a := range s.alarms() {
		fmt.Fprintf(&b, "%s\n", a.paint(st)(a.text))
	}
	if b.Len() > 0 {
		b.WriteByte('\n')
	}
	if err := screen.WriteFacts(&b, st, s.header()); err != nil {
		return err
	}
	if err := s.tables(&b, st); err != nil {
		return err
	}
	b.WriteByte('\n')
	if err := screen.WriteFacts(&b, st, s.footer()); err != nil {
		return err
	}
	text, paint := s.KHatSentence(st)
	fmt.Fprintf(&b, "%s %s\n", st.Dim(screen.Label("k-hat")), paint(text))
	for i, warning := range s.Warnings {
		label := "Warning"
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(&b, "%s %s\n", st.Warn(screen.Label(label)), warning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// alarm is a sentence above the table.
type alarm struct {
	text string
	bad  bool
}

func (a alarm) paint(st screen.Style) func(string) string {
	if a.bad {
		return st.Bad
	}
	return st.Warn
}

// alarms lists what makes the numbers below doubtful, the worst first.
func (s *Summary) alarms() []alarm {
	var out []alarm
	if s.KHatVerdict == KHatBad {
		out = append(out, alarm{fmt.Sprintf("DO NOT TRUST these numbers: k-hat is %s, above 1. "+
			"The approximation misses the posterior.", khatText(Number(s.KHatValue()))), true})
	}
	if !s.Converged() {
		out = append(out, alarm{"NOT CONVERGED: " + s.StopSentence() + ".", true})
	}
	if s.KHatVerdict == KHatWarn {
		out = append(out, alarm{fmt.Sprintf("CAUTION: k-hat is %s, above %s; intervals may be off.",
			khatText(Number(s.KHatValue())), khatText(Number(s.KHatThreshold))), false})
	}
	return out
}

// Alarms returns the sentences that belong above the numbers.
func (s *Summary) Alarms() []string {
	var out []string
	for _, a := range s.alarms() {
		out = append(out, a.text)
	}
	return out
}

func khatText(k Number) string {
	if math.IsInf(float64(k), 0) {
		return "infinite"
	}
	return strconv.FormatFloat(float64(k), 'f', 2, 64)
}

// KHatSentence says what k-hat means, with the style its verdict calls for.
func (s *Summary) KHatSentence(st screen.Style) (string, func(string) string) {
	k, t := khatText(Number(s.KHatValue())), khatText(Number(s.KHatThreshold))
	switch s.KHatVerdict {
	case KHatOK:
		return fmt.Sprintf("%s, below %s: the approximation is close to the posterior.", k, t), st.Good
	case KHatWarn:
		return fmt.Sprintf("%s, above %s: means are usable, intervals and tails may be off; try %s.", k, t,
			s.remedy()), st.Warn
	case KHatBad:
		return fmt.Sprintf("%s, above 1: do not trust this fit; try %s.", k, s.remedy()), st.Bad
	}
	return "not computed: --guide map is a point estimate, its intervals are no posterior.", st.Warn
}

// remedy names what usually lowers k-hat.
func (s *Summary) remedy() string {
	const model = "tighter priors or a simpler formula"
	switch {
	case !s.Converged():
		return "to let it converge, then " + model
	case s.Guide != "fullrank":
		return "--guide fullrank, " + model
	}
	return model
}

func (s *Summary) header() [][2]string {
	used := screen.Count(s.RowsUsed) + " of " + screen.Count(s.Rows) + " rows used"
	if len(s.RowsDropped) > 0 {
		used += "; dropped for missing values: " + s.dropped()
	}
	data := used
	if s.Data != "" {
		data = s.Data + ", " + used
	}
	draws := fmt.Sprintf("%s from the %s approximation", screen.Count(int64(s.Draws)), s.GuideName())
	if s.Guide == "map" {
		draws = "none: a point estimate"
	}
	return [][2]string{
		{"Family", s.Family}, {"Links", "mu = " + s.Link}, {"Formula", s.Formula}, {"Data", data}, {"Draws", draws},
	}
}

// dropped lists the columns with missing values and their counts.
func (s *Summary) dropped() string {
	names := s.DroppedColumns()
	for i, n := range names {
		names[i] = n + " " + screen.Count(s.RowsDropped[n])
	}
	return strings.Join(names, ", ")
}

// DroppedColumns lists the columns whose missing values dropped rows, the worst first.
func (s *Summary) DroppedColumns() []string {
	names := make([]string, 0, len(s.RowsDropped))
	for n := range s.RowsDropped {
		names = append(names, n)
	}
	sort.Slice(names, func(i, j int) bool {
		if a, b := s.RowsDropped[names[i]], s.RowsDropped[names[j]]; a != b {
			return a > b
		}
		return names[i] < names[j]
	})
	return names
}

// GuideName names the approximation in words.
func (s *Summary) GuideName() string {
	switch s.Guide {
	case "fullrank":
		return "full-rank Gaussian"
	case "meanfield":
		return "mean-field Gaussian"
	case "map":
		return "posterior mode"
	}
	return s.Guide
}

// Groups splits the parameters into the tables of the printout, in order.
func (s *Summary) Groups() (population, further []Parameter) {
	for _, p := range s.Parameters {
		if strings.HasPrefix(p.Name, "b_") {
			population = append(population, p)
		} else {
			further = append(further, p)
		}
	}
	return population, further
}

func (s *Summary) tables(w io.Writer, st screen.Style) error {
	population, further := s.Groups()
	for _, g := range []struct {
		title string
		rows  []Parameter
	}{{"Population-Level Effects", population}, {"Further Parameters", further}} {
		if len(g.rows) == 0 {
			continue
		}
		fmt.Fprintf(w, "\n%s\n", st.Bold(g.title))
		if err := s.table(g.rows).Write(w, st, 2); err != nil {
			return err
		}
	}
	return nil
}

// Percent prints a probability mass as a percentage: 95, 99.5.
func Percent(prob float64) string { return strconv.FormatFloat(math.Round(prob*1e6)/1e4, 'f', -1, 64) }

func (s *Summary) table(rows []Parameter) *screen.Table {
	ci := Percent(s.Prob) + "% CI"
	t := &screen.Table{Head: []string{"", "Estimate", "Est.Error", "l-" + ci, "u-" + ci, "MCSE"}, Gap: 3,
		Right: map[int]bool{5: true}}
	for _, p := range rows {
		d := screen.Decimals(float64(p.SD))
		cell := func(x Number) string { return screen.Fixed(float64(x), d) }
		t.Add(p.Name, cell(p.Mean), cell(p.SD), cell(p.Lower), cell(p.Upper), screen.Small(float64(p.MCSE)))
	}
	return t
}

func (s *Summary) footer() [][2]string {
	bound := "ELBO " + screen.Elbo(float64(s.Elbo))
	if se := float64(s.ElboSE); se > 0 {
		bound += " ± " + screen.Significant(se, 2)
	}
	work := fmt.Sprintf("%s steps, %.1f epochs, %s", screen.Count(s.Steps), s.Epochs, screen.Seconds(s.WallS))
	return [][2]string{
		{"Guide", fmt.Sprintf("%s of %d parameters, %s nats", s.GuideName(), len(s.Parameters), bound)},
		{"Stop", s.StopSentence() + "; " + work},
		{"Device", fmt.Sprintf("%s, %s, seed %d", s.DeviceLabel, s.DType, s.Seed)},
	}
}

// StopSentence says which rule ended the run and how exact the averages are.
func (s *Summary) StopSentence() string {
	exact := "the error of the averages is unknown"
	if c := float64(s.Stop.Criterion); !math.IsNaN(c) {
		exact = fmt.Sprintf("averages known to %s posterior sd", screen.Small(c))
	}
	switch s.Stop.Reason {
	case train.Converged:
		return "converged, " + exact
	case train.OutOfBudget:
		return "stopped by the step or epoch budget before it converged, " + exact
	case train.OutOfTime:
		return "stopped by the time budget before it converged, " + exact
	}
	return string(s.Stop.Reason) + ", " + exact
}
