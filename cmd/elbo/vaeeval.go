package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/result"
	"elbo/cmd/internal/rundir"
	"elbo/cmd/internal/screen"
	"elbo/data/array"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// vaeUse are the options of the commands that use a trained model.
type vaeUse struct {
	data, device string
	threads      int
	seed         uint64
	limit        int64
	quiet        bool
}

// declare declares the flags; withData tells whether the command reads images.
func (o *vaeUse) declare(f *pflag.FlagSet, withData bool) {
	if withData {
		f.StringVarP(&o.data, "data", "d", "", "`FILE` of images or other arrays")
		f.Int64Var(&o.limit, "limit", 0, "use the first `N` images; 0 means all")
	}
	f.StringVar(&o.device, "device", "auto", "device `NAME`: "+strings.Join(device.Names(), ", "))
	f.IntVar(&o.threads, "threads", 0, "use `N` threads; 0 means all processors; results do not depend on it")
	f.Uint64Var(&o.seed, "seed", 1, "number `N` that fixes all random choices")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing but the result and errors")
}

// opened is a trained model on a device, with the data to use it on.
type opened struct {
	model  *vae.Model
	runner *vae.Runner
	dev    device.Opened
	images *array.Array
	items  []int64
}

// open loads a run and, where the command reads any, the data.
func (o *vaeUse) open(run string, withData bool) (*opened, error) {
	if withData && o.data == "" {
		return nil, exit.Usagef("for example --data t10k-images-idx3-ubyte.gz", "--data is needed")
	}
	if o.limit < 0 {
		return nil, &regress.OptionError{Option: "limit", Value: strconv.FormatInt(o.limit, 10), Problem: "is negative"}
	}
	m, params, err := openVAE(run)
	if err != nil {
		return nil, err
	}
	u := &opened{model: m}
	if withData {
		if err := u.read(o); err != nil {
			return nil, err
		}
	}
	if o.threads > 0 {
		runtime.GOMAXPROCS(o.threads)
	}
	if u.dev, err = device.Open(o.device, o.threads); err != nil {
		return nil, err
	}
	if err := u.dev.Decide(useJob(params, len(u.items))); err != nil {
		u.close()
		return nil, err
	}
	if u.runner, err = m.Load(u.dev.Device, params); err != nil {
		u.close()
		return nil, err
	}
	return u, nil
}

// read opens the data and checks it against the model.
func (u *opened) read(o *vaeUse) error {
	var err error
	if u.images, err = array.Open(o.data, array.Options{Labels: array.NoLabels}); err != nil {
		return err
	}
	if err := u.model.Accepts(u.images); err != nil {
		return err
	}
	n := u.images.Items()
	if o.limit > 0 {
		n = min(n, o.limit)
	}
	u.items = make([]int64, n)
	for i := range u.items {
		u.items[i] = int64(i)
	}
	return nil
}

func (u *opened) close() {
	if u.runner != nil {
		_ = u.runner.Close() // the process is about to end
	}
	_ = u.dev.Close()
}

// evaluation is the result of elbo vae eval; nats per image.
type evaluation struct {
	SchemaVersion int           `json:"schema_version"`
	Bound         result.Number `json:"bound"`
	BoundSE       result.Number `json:"bound_se"`
	NLL           result.Number `json:"nll"`
	NLLSE         result.Number `json:"nll_se"`
	K             int           `json:"k"`
	Images        int64         `json:"images"`
	KL            result.Number `json:"kl"`
	Recon         result.Number `json:"recon"`
	ActiveUnits   int           `json:"active_units"`
	WallS         float64       `json:"wall_s"`
	Data          string        `json:"data"`
	Device        string        `json:"device"`
	Seed          uint64        `json:"seed"`
}

func (a *app) vaeEvalCommand() *cobra.Command {
	o := &vaeUse{}
	var k int
	var asJSON bool
	c := &cobra.Command{
		Use: "eval RUN --data FILE", Short: "Estimate the log-likelihood of images", Args: argNames("RUN"),
		Long: `Estimate what a trained model says of images: the bound it was trained on, and the negative
log-likelihood by importance sampling with --k draws from the posterior of each image, both in
nats per image with standard errors over the images. Larger k tightens the second from above.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if k < 1 {
				return &regress.OptionError{Option: "k", Value: strconv.Itoa(k), Problem: "is not a positive number"}
			}
			e, err := a.evaluate(args[0], o, k)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.out, e)
			}
			return e.writeText(a.out, a.style())
		},
	}
	f := c.Flags()
	o.declare(f, true)
	f.IntVar(&k, "k", 100, "`N` draws per image; 5,000 is usual in papers")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	layoutHelp(c)
	return c
}

// evaluate computes bound and NLL.
func (a *app) evaluate(run string, o *vaeUse, k int) (*evaluation, error) {
	start := time.Now()
	u, err := o.open(run, true)
	if err != nil {
		return nil, err
	}
	defer u.close()
	var progress *screen.Epochs
	if !o.quiet {
		progress = screen.NewEpochs(a.err, a.errStyle())
	}
	ctx := context.Background()
	progress.Stage("computing the bound")
	b, err := u.runner.Bound(ctx, u.images, u.items, vae.BoundOptions{Seed: o.seed})
	if err != nil {
		return nil, err
	}
	n, err := u.runner.NLL(ctx, u.images, u.items, k, o.seed, progress.Images)
	progress.Clear()
	if err != nil {
		return nil, err
	}
	return &evaluation{
		SchemaVersion: rundir.SchemaVersion, Bound: result.Number(b.Bound), BoundSE: result.Number(b.BoundSE),
		NLL: result.Number(n.NLL), NLLSE: result.Number(n.NLLSE), K: n.K, Images: n.Images, KL: result.Number(b.KL),
		Recon: result.Number(b.Recon), ActiveUnits: b.Active, WallS: time.Since(start).Seconds(), Data: o.data,
		Device: u.dev.Report().Name, Seed: o.seed,
	}, nil
}

// writeText prints the evaluation for people.
func (e *evaluation) writeText(w io.Writer, st screen.Style) error {
	return screen.WriteFacts(w, st, [][2]string{
		{"Data", fmt.Sprintf("%s, %s images", e.Data, screen.Count(e.Images))},
		{"Bound", fmt.Sprintf("%s ± %s nats per image: reconstruction %s, KL %s", screen.Fixed(float64(e.Bound), 2),
			screen.Fixed(float64(e.BoundSE), 2), screen.Fixed(float64(e.Recon), 2), screen.Fixed(float64(e.KL), 2))},
		{"NLL", fmt.Sprintf("%s ± %s nats per image with k = %s", screen.Fixed(float64(e.NLL), 2),
			screen.Fixed(float64(e.NLLSE), 2), screen.Count(int64(e.K)))},
		{"Units", fmt.Sprintf("%d active", e.ActiveUnits)},
		{"Time", screen.Seconds(e.WallS)},
	})
}
