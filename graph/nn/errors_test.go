package nn

import "testing"

func TestNearest(t *testing.T) {
	known := []string{"conv1d", "conv2d", "conv_transpose2d", "relu", "tanh"}
	for name, want := range map[string]string{
		"conv2d":      "conv2d",
		"conv2":       "conv2d",
		"Conv2D":      "conv2d",
		"conv_trans":  "conv_transpose2d",
		"convolution": "",
		"thanh":       "tanh",
		"r":           "",
		"rel":         "relu",
		"":            "",
		"xxxxxxx":     "",
	} {
		if got := nearest(name, known); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"ab", "ba", 2}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
