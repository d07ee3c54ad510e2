package formula

// fullCoding decides which factors of which terms keep the column of their reference level, by the rule of R's
// terms() and model.matrix(): a factor in a term is coded by contrasts when the term without it is contained in an
// earlier term (or is empty), by one indicator a level otherwise; without an intercept the first factor of the
// model keeps all its levels. The result has one flag for each variable of each term. Terms come sorted by degree.
func fullCoding(terms [][]int, isFactor func(variable int) bool, intercept bool) [][]bool {
	full := make([][]bool, len(terms))
	first := true
	for i, term := range terms {
		full[i] = make([]bool, len(term))
		for j, v := range term {
			if !isFactor(v) {
				continue
			}
			full[i][j] = len(term) > 1 && !marginPresent(terms[:i], term, j)
			if first && !intercept {
				full[i][j] = true
			}
			first = false
		}
	}
	return full
}

// marginPresent says whether an earlier term contains every variable of term but the one at position drop.
func marginPresent(earlier [][]int, term []int, drop int) bool {
	margin := make([]int, 0, len(term)-1)
	margin = append(append(margin, term[:drop]...), term[drop+1:]...)
	for _, t := range earlier {
		if containsAll(t, margin) {
			return true
		}
	}
	return false
}

// containsAll says whether the sorted list t contains every element of the sorted list sub.
func containsAll(t, sub []int) bool {
	for _, v := range t {
		if len(sub) > 0 && v == sub[0] {
			sub = sub[1:]
		}
	}
	return len(sub) == 0
}
