package benches

import (
	"os"

	"elbo/cmd/internal/exit"
	"elbo/data"
	"elbo/graph"
)

// csvRead times reading and typing a file; a step is the whole file, bytes are those of the
// file as stored. Neither arithmetic nor memory bounds it, so it has no floor.
func csvRead(m *machine) (Result, error) {
	if m.File == "" {
		return Result{}, exit.Usagef("for example --file flights.csv.gz", "csv/read needs --file")
	}
	info, err := os.Stat(m.File)
	if err != nil {
		return Result{}, &exit.Error{Code: exit.NoInput, Msg: "csv/read", Err: err}
	}
	rows := 0
	micros, err := m.median(func(n int) error {
		for range n {
			t, report, err := data.Open(m.File, data.Options{})
			if err != nil {
				return err
			}
			rows = int(report.Rows)
			if err := t.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Result{}, err
	}
	return m.finish(work{dtype: graph.F64, rows: rows, bytes: info.Size()}, micros), nil
}
