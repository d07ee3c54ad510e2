package vae

import "elbo/graph/nn"

// Config describes a model: everything but its parameters and how they are trained.
type Config struct {
	// Item is the shape of one datum: (28,28), (32,32,3), (784). Likelihoods treat its values
	// as independent given z.
	Item []int `yaml:"item,flow" json:"item"`
	// Arch is "mlp" (Encoder and Decoder are widths), "conv" (a convolutional net for images of
	// at least 8×8) or "layers" (EncoderLayers and DecoderLayers).
	Arch string `yaml:"arch" json:"arch"`
	// Encoder and Decoder are hidden widths, from the data's side and from the latent side; empty
	// is a linear map.
	Encoder []int `yaml:"encoder,flow" json:"encoder"`
	Decoder []int `yaml:"decoder,flow" json:"decoder"`
	// EncoderLayers map a datum to features, on which the posterior's linear heads stand;
	// DecoderLayers map z to the likelihood's parameters (see Likelihood).
	EncoderLayers []nn.Spec `yaml:"encoder_layers,omitempty" json:"encoder_layers,omitempty"`
	DecoderLayers []nn.Spec `yaml:"decoder_layers,omitempty" json:"decoder_layers,omitempty"`
	// Activation is that of hidden layers, one of nn.ActivationNames.
	Activation string `yaml:"activation" json:"activation"`
	// Latent is D, the coordinates of z.
	Latent int `yaml:"latent" json:"latent"`
	// Likelihood is one of Likelihoods. The decoder puts out one number per value of a datum for
	// bernoulli and continuous-bernoulli (logits) and gaussian (mean; one standard deviation for
	// all values is a parameter), two for gaussian-pixel (mean, then scale), 256 for categorical.
	Likelihood string `yaml:"likelihood" json:"likelihood"`
	// Prior is "normal" or "vamp", a mixture of the posteriors at Components learned pseudo-inputs
	// (Tomczak & Welling 2018).
	Prior      string `yaml:"prior" json:"prior"`
	Components int    `yaml:"components,omitempty" json:"components,omitempty"`
	// Posterior is one of Posteriors; Flows and FlowHidden are steps and hidden units of iaf, and
	// steps of planar.
	Posterior  string `yaml:"posterior" json:"posterior"`
	Flows      int    `yaml:"flows,omitempty" json:"flows,omitempty"`
	FlowHidden int    `yaml:"flow_hidden,omitempty" json:"flow_hidden,omitempty"`
	// Objective is one of Objectives, over K particles per datum; Alpha is Rényi's.
	Objective string  `yaml:"objective" json:"objective"`
	K         int     `yaml:"k" json:"k"`
	Alpha     float64 `yaml:"alpha,omitempty" json:"alpha,omitempty"`
	// Beta weighs the divergence from the prior; 0 means 1. Anneal is "none", "linear" (from 0 to
	// Beta in AnnealSteps) or "cyclic" (again and again, in cycles of AnnealSteps).
	Beta        float64 `yaml:"beta" json:"beta"`
	Anneal      string  `yaml:"anneal" json:"anneal"`
	AnnealSteps int     `yaml:"anneal_steps,omitempty" json:"anneal_steps,omitempty"`
	// FreeBits is the divergence in nats below which a latent coordinate costs nothing more.
	FreeBits float64 `yaml:"free_bits,omitempty" json:"free_bits,omitempty"`
	// Binarize is one of array.BinarizeNames; likelihoods other than bernoulli take "none" alone.
	Binarize string `yaml:"binarize" json:"binarize"`
	// DType is "float32" or "float64".
	DType string `yaml:"dtype" json:"dtype"`
	// Scale says how stored values become numbers: "auto", "none" or "unit", see array.Scale.
	Scale string `yaml:"scale" json:"scale"`
	// Seed determines initial parameters and every random draw of training.
	Seed uint64 `yaml:"seed" json:"seed"`
}

// The names Config takes.
var (
	archs       = []string{"mlp", "conv", "layers"}
	priors      = []string{"normal", "vamp"}
	posteriors  = []string{"diagonal", "full", "iaf", "planar"}
	objectives  = []string{"elbo", "iwae", "dreg", "renyi"}
	annealings  = []string{"none", "linear", "cyclic"}
	floatTypes  = []string{"float32", "float64"}
	unitScales  = []string{"auto", "none", "unit"}
	defaultItem = []int{28, 28}
)

// Archs lists the names of Config.Arch.
func Archs() []string { return append([]string(nil), archs...) }

// Priors lists the names of Config.Prior.
func Priors() []string { return append([]string(nil), priors...) }

// Posteriors lists the names of Config.Posterior.
func Posteriors() []string { return append([]string(nil), posteriors...) }

// Objectives lists the names of Config.Objective.
func Objectives() []string { return append([]string(nil), objectives...) }

// Annealings lists the names of Config.Anneal.
func Annealings() []string { return append([]string(nil), annealings...) }

// Default returns the model of Kingma & Welling (2014) in the sizes usual for MNIST: one hidden
// layer of 400 each way, 20 latent coordinates, Bernoulli pixels.
func Default(item []int) Config {
	return Config{Item: item, Encoder: []int{400}, Decoder: []int{400}, Latent: 20}.WithDefaults()
}

// WithDefaults fills empty fields. Widths stay as they are: none is a linear map.
func (c Config) WithDefaults() Config {
	for _, f := range []struct {
		to    *string
		value string
	}{
		{&c.Arch, "mlp"}, {&c.Activation, "relu"}, {&c.Likelihood, "bernoulli"}, {&c.Prior, "normal"},
		{&c.Posterior, "diagonal"}, {&c.Objective, "elbo"}, {&c.Anneal, "none"}, {&c.DType, "float32"},
		{&c.Scale, "auto"},
	} {
		if *f.to == "" {
			*f.to = f.value
		}
	}
	if c.Binarize == "" {
		c.Binarize = "none"
		if c.Likelihood == "bernoulli" {
			c.Binarize = "dynamic"
		}
	}
	if c.Item == nil {
		c.Item = defaultItem
	}
	for _, f := range []struct {
		to    *int
		when  bool
		value int
	}{
		{&c.Latent, true, 20}, {&c.K, true, 1}, {&c.Components, c.Prior == "vamp", 100},
		{&c.Flows, c.flows(), 4}, {&c.FlowHidden, c.Posterior == "iaf", 100},
		{&c.AnnealSteps, c.Anneal != "none", 10_000},
	} {
		if *f.to == 0 && f.when {
			*f.to = f.value
		}
	}
	if c.Beta == 0 {
		c.Beta = 1
	}
	return c
}

// flows reports whether the posterior is a normalising flow.
func (c Config) flows() bool { return c.Posterior == "iaf" || c.Posterior == "planar" }

// Width returns the number of values of a datum.
func (c Config) Width() int {
	n := 1
	for _, d := range c.Item {
		n *= d
	}
	return n
}
