// Package screen is how results and progress look in a terminal: styles that NO_COLOR and
// pipes switch off, tables whose numbers meet at the decimal point, and one progress line
// that a terminal sees rewritten and a log sees every ten seconds.
package screen
