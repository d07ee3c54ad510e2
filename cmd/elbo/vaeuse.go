package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"elbo/cmd/internal/device"
	"elbo/cmd/internal/exit"
	"elbo/cmd/internal/settings"
	"elbo/data/array"
	"elbo/kernels"
	"elbo/vi/regress"
	"elbo/vi/vae"
)

// vaeUse are the options of the commands that use a trained model.
type vaeUse struct {
	data     string
	withData bool // whether the command reads images
	seed     uint64
	limit    int64
	deviceFlags
	remarkFlags
}

// declare declares the flags. The environment may choose the device; the rest is about one call.
func (o *vaeUse) declare(c *cobra.Command, withData bool) {
	f := c.Flags()
	if o.withData = withData; withData {
		f.StringVarP(&o.data, "data", "d", "", "`FILE` of images or other arrays")
		f.Int64Var(&o.limit, "limit", 0, "use the first `N` images; 0 means all")
		settings.Mark(f, settings.OnlyFlag, "data", "limit")
	}
	o.deviceFlags.declare(f)
	o.declareMatMul(f)
	f.Uint64Var(&o.seed, "seed", 1, "number `N` that fixes all random choices")
	o.remarkFlags.declare(f)
	settings.Mark(f, settings.OnlyFlag, "seed", "quiet", "verbose")
	completeDevice(c)
}

// opened is a trained model on a device, with the data to use it on.
type opened struct {
	teller
	model  *vae.Model
	runner *vae.Runner
	dev    device.Opened
	images *array.Array
	items  []int64
}

// pieceImages are the images of a piece of work that --device auto tries.
const pieceImages = 256

// piece is a part of a command's work, and how many times as much the whole is.
type piece struct {
	do    func(*vae.Runner) error
	times float64
}

// useModel opens a run, the data and the device that work makes sense on, and does what the command is for.
func (a *app) useModel(
	c *cobra.Command, o *vaeUse, run string, work func(*opened) piece, do func(*opened) error,
) error {
	if _, err := settings.Resolve(c.Flags(), a.env, nil); err != nil {
		return err
	}
	if err := o.check(); err != nil {
		return err
	}
	u := &opened{teller: teller{to: a.err, level: &o.remarkFlags}}
	err := u.open(o, run, work)
	defer u.close()
	if err == nil {
		err = do(u)
	}
	return deviceTrouble(err, u.dev)
}

func (o *vaeUse) check() error {
	if o.withData && o.data == "" {
		return exit.Usagef("for example --data t10k-images-idx3-ubyte.gz", "--data is needed")
	}
	if o.limit < 0 {
		return &regress.OptionError{Option: "limit", Value: strconv.FormatInt(o.limit, 10), Problem: "is negative"}
	}
	return o.remarkFlags.check()
}

// open loads a run and, where the command reads any, the data.
func (u *opened) open(o *vaeUse, run string, work func(*opened) piece) error {
	var params vae.Params
	var err error
	if u.model, params, err = openVAE(run); err != nil {
		return err
	}
	dtype := u.model.Config().DType
	if err := o.checkDType(dtype, fmt.Sprintf("%s was trained in %s; leave --matmul out", run, dtype)); err != nil {
		return err
	}
	if o.withData {
		if err := u.read(o); err != nil {
			return err
		}
	}
	if u.dev, err = o.deviceFlags.open(); err != nil {
		return err
	}
	err = settle(&u.dev, &u.teller, func() (device.Job, error) {
		p := work(u)
		return device.Job{Steps: p.times, Trial: u.trial(params, p.do)}, nil
	})
	if err != nil {
		return err
	}
	u.runner, err = u.model.Load(u.dev.Device, params)
	return err
}

// trial returns what times a piece of work on a device.
func (u *opened) trial(params vae.Params, do func(*vae.Runner) error) func(kernels.Device) (time.Duration, error) {
	return func(dev kernels.Device) (perStep time.Duration, err error) {
		r, err := u.model.Load(dev, params)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		return timeSteps(func(n int) error {
			for range n {
				if err := do(r); err != nil {
					return err
				}
			}
			return nil
		})
	}
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
	if u.dev.Device != nil {
		_ = u.dev.Close()
	}
}
