// Package exit says how the tool ends: which exit code an error has and how it is told.
//
// Codes follow sysexits.h where it has one. An error is told as one block on standard
// error: "elbo: message", further lines of the message indented, then the next step.
package exit
