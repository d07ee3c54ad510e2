// Package result is what a finished fit says: the document of summary.json and the table
// people read. Both are made from the same Summary, so they cannot disagree.
//
// What makes a fit untrustworthy comes first: a run that did not converge and a high k-hat
// stand above the numbers they concern.
package result
