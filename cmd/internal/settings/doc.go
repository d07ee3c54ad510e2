// Package settings resolves a command's options from four places: a flag wins over the
// environment variable ELBO_NAME, that over the configuration file, that over the default.
//
// Options are declared once, as flags; the file's keys and the variables' names follow from
// them (max-steps, ELBO_MAX_STEPS), so nothing can be set in one place and not in another.
// The file is YAML, flat, with unknown keys refused; Write prints the resolved options in
// the same form, so that its output is a valid file.
package settings
