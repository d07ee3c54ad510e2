// Package formula turns an R-style formula and a table into the numbers of a regression, and freezes how it did so.
//
//	f, err := formula.Parse(`arr_delay ~ dep_delay + I(distance/1000) + C(carrier, "UA")`)
//	enc, report, err := formula.Fit(f, table, formula.Options{})
//	coder, err := enc.Bind(table.Schema(), formula.UnseenError)
//	err = coder.EncodeRows(records, n, &formula.Block[float64]{X: x, Y: y})
//
// # The path
//
// Parse reads the text and finds every fault that needs no data, with its position. Fit resolves names, multiplies
// the terms out, streams the table and learns levels, centres, scales, recurrences and knots; its report says which
// rows are used. The Encoder is the frozen result: JSON keeps it to the last bit, and the same rows always give the
// same columns. Bind joins it to the record layout of a table, which at prediction may be another one with other
// level codes. A Coder then encodes blocks of records column by column, (n, P) row-major, without allocating.
//
// A training loop shuffles 0..report.Kept.Len()−1, maps those numbers to table rows with Kept.Map, gathers the
// records and encodes them. Passes use Scan. Stats and Collinear describe the design.
//
// # Grammar
//
//	left      y, arithmetic, C(y), p(k, n), cbind(k, n-k); y | weights(w) + trials(n)
//	terms     + - : * / ^ ** ( ) 0 1 . offset(x)
//	factors   text columns; C(x), C(x, ref), C(x, "ref") for any column
//	learning  scale standardize center poly(x, k) bs(x, df =, degree =)
//	arithmetic, inside calls and on the left: + - * / ^ ** I abs exp expm1 log log10 log1p log2 sqrt
//
// Columns with unusual names are backquoted. Group terms and the special terms of other tools are refused by name.
//
// # Meaning
//
// Terms expand and sort as in R (Wilkinson & Rogers 1973): by degree, then as written; within a term the first
// variable runs fastest. The dot is every column that the left side does not use, and 1 and 0 switch the one
// intercept wherever they stand. Factors are treatment coded, the first level (bytewise, or by number) is the
// reference; only levels in used rows count. A factor keeps its reference column where R would keep it: when its
// margin is absent, and without an intercept the first factor of the model. scale() and standardize() divide by the
// standard deviation with n − 1; poly() and bs() are those of R 4.
//
// Parameter names are b_ and the column: b_Intercept, b_x, b_fB, b_month2 for C(month), b_x:fB, calls as written
// without spaces.
//
// # Caveats
//
// Rows with a missing value in a column of a term, offset or left side are dropped and counted. An infinite value,
// given or computed, is an error that names line and term. A variable removed by a minus sign must exist and drops
// no rows (in R it does). The knots of bs() come from every second, fourth, ... row beyond 4,194,304 rows. Designs
// wider than Options.MaxColumns are refused before anything of their size is allocated.
package formula
