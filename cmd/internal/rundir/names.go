package rundir

// The files of a run directory.
const (
	Config      = "config.yaml"
	Env         = "env.json"
	Metrics     = "metrics.jsonl"
	Checkpoints = "checkpoints"
	Draws       = "draws.parquet"
	Model       = "model.json"
	Report      = "report.html"
	Summary     = "summary.json"
	Weights     = "weights.safetensors"
	Samples     = "samples"

	lockName  = ".lock"
	tempInfix = ".tmp"
)

// Mark is the first line of a run directory's config.yaml.
const Mark = "# elbo run"

// SchemaVersion is the version of the files this program writes and reads.
const SchemaVersion = 1

// results are the files a fresh run removes from a directory it may overwrite, summary.json first:
// from that moment on the directory holds an unfinished run.
var results = []string{Summary, Report, Draws, Weights, Model, Metrics, Env}

// Kind says which command a run is of.
type Kind string

// The kinds.
const (
	KindFit Kind = "elbo fit"
	KindVAE Kind = "elbo vae train"
)
