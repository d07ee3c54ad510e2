package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/rundir"
	"elbo/graph/nn"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// topics are help pages without a command: elbo help exit-codes.
func topics() []*cobra.Command {
	page := func(name, short, text string) *cobra.Command {
		c := &cobra.Command{Use: name, Short: short, Long: text}
		c.SetHelpFunc(func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), strings.TrimSpace(c.Long)) })
		return c
	}
	return []*cobra.Command{
		page("formulas", "What formulas, families and priors may say", formulaPage()),
		page("environment", "Environment variables and configuration files", environmentPage),
		page("run-directory", "What a run leaves behind", runPage()),
		page("autoencoders", "Networks, likelihoods and objectives of elbo vae", vaePage()),
		page("exit-codes", "What exit codes tell scripts", exitPage()),
	}
}

func vaePage() string {
	var b strings.Builder
	fmt.Fprintf(&b, `Networks of elbo vae train are given by --arch:

  mlp      --encoder 200,200 --decoder 200,200: hidden widths; none is a linear map
  conv     a convolutional net for images of at least 8x8 pixels
  layers   --encoder-layers and --decoder-layers, lists in YAML; in a file of --config:

    arch: layers
    encoder-layers:
    - {layer: conv2d, channels: 16, kernel: 3, stride: 2, pad: 1, activation: relu}
    - {layer: flatten}
    - {layer: linear, units: 128, activation: relu}

The posterior's parameters are linear in what the encoder ends with. Layers and their fields:

`)
	for _, name := range nn.LayerNames() {
		if fields := nn.LayerFields(name); len(fields) > 0 {
			fmt.Fprintf(&b, "  %-17s %s\n", name, strings.Join(fields, " "))
		}
	}
	fmt.Fprintf(&b, `
Activations:  %s
Likelihoods:  %s
Posteriors:   %s
Priors:       %s
Objectives:   %s

Bounds are nats per image and those of the objective alone: --beta, --anneal and --free-bits shape
the training, not what is reported. Data that the likelihood cannot have is refused by image and pixel.`,
		strings.Join(nn.ActivationNames(), ", "), strings.Join(vae.Likelihoods(), ", "), strings.Join(vae.Posteriors(), ", "),
		strings.Join(vae.Priors(), ", "), strings.Join(vae.Objectives(), ", "))
	return b.String()
}

func exitPage() string {
	var b strings.Builder
	b.WriteString("Exit codes, as sysexits.h where it has one:\n\n")
	for _, m := range exit.Meanings() {
		fmt.Fprintf(&b, "  %3d  %s\n", m.Code, m.Text)
	}
	b.WriteString("\nErrors are one block on standard error: \"elbo: \", what went wrong, and the next step.")
	return b.String()
}

func formulaPage() string {
	var b strings.Builder
	b.WriteString(`A formula reads "response ~ terms", as in R:

  y ~ x + z               two predictors and an intercept; 0 + removes it
  y ~ .                   all other columns
  y ~ a * b, a:b, a/b     with interactions, an interaction alone, b within a; (a + b)^2
  y ~ C(month)            numbers as a factor; C(carrier, "UA") chooses the reference
  y ~ log(x) + I(x^2)     arithmetic: log exp sqrt abs log1p expm1 I( + - * / ^ )
  y ~ scale(x)            also center, poly(x, k), bs(x, df = k): learnt at fit, reused by predict
  y ~ x + offset(log(e))  a term with coefficient 1
  y | weights(w) ~ x      rows that count w times
  y | trials(n) ~ x       binomial counts; also cbind(k, n - k) and p(k, n)

Columns with unusual names are backquoted. Text columns are factors; the first level is the reference.

Families, with their links, the default first:

`)
	for _, f := range regress.Families() {
		fmt.Fprintf(&b, "  %-13s %s\n", f, strings.Join(regress.Links(f), ", "))
	}
	fmt.Fprintf(&b, `
Priors are given as --prior 'target=distribution(numbers)'. Targets: b (all slopes), a coefficient
such as b_x, Intercept (of centred predictors), b_Intercept, sigma, shape, phi, nu. Distributions:

  %s

--prior-summary shows all priors, the default ones included.`, strings.Join(regress.PriorNames(), ", "))
	return b.String()
}

const environmentPage = `An option of elbo fit or elbo vae train has the value of the first of these that gives one:

  1. the flag                    --max-steps 500
  2. the environment variable    ELBO_MAX_STEPS=500
  3. the file of --config        max-steps: 500
  4. the default

Files are YAML; --print-config prints a complete one, and every run keeps its own as config.yaml.
--data, --labels, --formula, --start-from and --out are not read from the environment. Several
priors in ELBO_PRIOR are separated by semicolons. elbo predict reads its options from the environment
too, other commands that use a model read --device, --threads and --matmul. Other variables:

  ELBO_CPU_ISA   instruction set of the cpu device (elbo doctor lists what the machine has)
  NO_COLOR       no colours on terminals
  TMPDIR         directory for temporary files
  ELBO_TRACE     where a bug happened, for reports`

func runPage() string {
	var b strings.Builder
	b.WriteString("Files of a run directory. All carry schema_version; each appears whole or not at all.\n\n")
	for _, f := range [][2]string{
		{rundir.Summary, "the result; written last: a directory that has it holds a finished run"},
		{rundir.Report, "the result as a page to read"},
		{rundir.Draws, "posterior draws: .chain .iteration .draw, the parameters, lp__ log_p__ log_g__"},
		{rundir.Model, "the fitted model, as elbo predict reads it"},
		{rundir.Config, "all options; elbo fit --config takes it"},
		{rundir.Env, "program, machine and command"},
		{rundir.Metrics, "one line per block of training steps, or per epoch"},
		{rundir.Checkpoints, "the last three and the best state; elbo fit --resume goes on from there"},
	} {
		fmt.Fprintf(&b, "  %-14s %s\n", f[0], f[1])
	}
	b.WriteString("\nThe run of an autoencoder has no draws, but beside the model:\n\n")
	for _, f := range [][2]string{
		{rundir.Weights, "the parameters, as the safetensors packages read them"},
		{rundir.Samples, "grids of samples, every few epochs"},
		{evalFile, "what you keep of elbo vae eval --json; elbo vae compare shows it"},
	} {
		fmt.Fprintf(&b, "  %-20s %s\n", f[0], f[1])
	}
	b.WriteString("\nA directory that holds anything else is never written to.")
	return b.String()
}
