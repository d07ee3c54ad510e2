// Package htmlreport writes report.html: one self-contained page about a fit, with plots as
// inline SVG, that follows the reader's light or dark setting and prints well. It needs no
// network and runs no script.
//
// The page leads with the verdict: what is doubtful stands above the numbers, as in the
// terminal. Then come the coefficients as intervals, the training's path, k-hat on its
// scale, the table, and what the fit was made from.
package htmlreport
