// Package drawfile writes posterior draws as a Parquet file that R, Python and DuckDB read:
// .chain, .iteration and .draw (from 1), one double column per scalar parameter, and per draw
// the log densities lp__ and log_p__ (log joint, nats) and log_g__ (log density of the guide).
package drawfile
