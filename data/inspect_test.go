package data

import (
	"math"
	"strings"
	"testing"
)

func TestInspect(t *testing.T) {
	text := "a,f,b\n1000001,x,1\n1000002,y,NA\n1000003,x,inf\n1000004,,2.5\n"
	tab, _ := openText(t, text, Options{})
	n, err := Inspect(tab, 1)
	if err != nil {
		t.Fatal(err)
	}
	a, f, b := n.Columns[0], n.Columns[1], n.Columns[2]
	// By hand: mean 1000002.5, deviations ±0.5 and ±1.5, variance 5/3.
	if a.Mean != 1000002.5 || math.Abs(a.SD-math.Sqrt(5.0/3)) > 1e-12 || !a.Integer || a.Min != 1000001 {
		t.Errorf("a: %+v", a)
	}
	if f.Distinct != 2 || len(f.Top) != 1 || f.Top[0] != (LevelCount{"x", 2}) || f.Missing != 1 {
		t.Errorf("f: %+v", f)
	}
	if b.Mean != 1.75 || b.Infinite != 1 || b.Missing != 1 || b.Max != 2.5 {
		t.Errorf("b: %+v", b)
	}
	var out strings.Builder
	if err := n.WriteText(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"4 rows, 3 columns", "1e+06", "2: x (2) ...", "1 infinite"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestInspectIsStable checks the sd of a small spread on a large offset over several blocks.
func TestInspectIsStable(t *testing.T) {
	var text strings.Builder
	text.WriteString("a\n")
	for i := range 20000 {
		text.WriteString([]string{"1000000000.25\n", "1000000000.75\n"}[i%2])
	}
	tab, _ := openText(t, text.String(), Options{})
	n, err := Inspect(tab, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.25 * math.Sqrt(20000.0/19999)
	// Shifted sums are exact here; merging rounds the mean of 1e9 to 1e-7, of a deviation of 0.25.
	if c := n.Columns[0]; math.Abs(c.SD-want) > 1e-9 || c.Mean != 1000000000.5 {
		t.Errorf("sd %.12g, mean %.12g, want %.12g and 1000000000.5", c.SD, c.Mean, want)
	}
}

func TestDistinct(t *testing.T) {
	tab, _ := openText(t, "a,f\n-0,x\n3,x\n1,x\nNA,x\n3,x\n2.5,x\n", Options{})
	a, _, _ := tab.Schema().Lookup("a")
	got, err := Distinct(tab, a, 4)
	if err != nil || len(got) != 4 || got[0] != 0 || got[1] != 1 || got[2] != 2.5 || got[3] != 3 {
		t.Errorf("distinct values %v, %v", got, err)
	}
	if _, err := Distinct(tab, a, 3); err == nil {
		t.Error("the limit does not hold")
	}
	f, _, _ := tab.Schema().Lookup("f")
	if _, err := Distinct(tab, f, 3); err == nil {
		t.Error("a factor has distinct numbers")
	}
}

func TestNearest(t *testing.T) {
	names := []string{"dep_delay", "arr_delay", "distance", "Origin", "a", "dist"}
	for name, want := range map[string]string{"distnace": "distance", "origin": "Origin", "dep_dely": "dep_delay",
		"dsit": "dist", "zzz": "", "b": "", "arr": ""} {
		if got := Nearest(name, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
