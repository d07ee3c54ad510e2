package formula

import (
	"fmt"
	"math"
	"sort"
	"strings"
)

// firstPass streams the whole table: it finds the rows to use and lets every learner see them.
func (ft *fitter) firstPass() error {
	var build rowSetBuilder
	all := AllRows(ft.table.Rows())
	err := Scan(ft.table, all, scanRows, func(recs []byte, n int, first int64) error {
		width := ft.schema.RecordBytes
		for lo := 0; lo < n; lo += blockRows {
			m := min(blockRows, n-lo)
			if err := ft.firstBlock(&build, recs[lo*width:(lo+m)*width], m, first+int64(lo)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	ft.report.Kept = build.done()
	ft.report.Rows, ft.report.RowsUsed = ft.report.Kept.Total(), ft.report.Kept.Len()
	if ft.report.RowsUsed == 0 {
		return fmt.Errorf("formula: fit: no rows are left%s: %w", droppedList(ft.report.RowsDropped), ErrData)
	}
	for i := range ft.learners {
		if err := ft.finish(&ft.learners[i]); err != nil {
			return err
		}
	}
	return ft.finishLeft()
}

// droppedList words the counts of missing values.
func droppedList(counts map[string]int64) string {
	var parts []string
	for name, n := range counts {
		parts = append(parts, fmt.Sprintf("%q is missing in %d", name, n))
	}
	if len(parts) == 0 {
		return ""
	}
	sort.Strings(parts)
	return ": " + strings.Join(parts, ", ")
}

// firstBlock handles one block of the first pass; first is the table row of its first record.
func (ft *fitter) firstBlock(build *rowSetBuilder, recs []byte, n int, first int64) error {
	dropped := ft.dropped[:n]
	clear(dropped)
	missing, err := ft.findMissing(recs, n, first)
	if err != nil {
		return err
	}
	if missing && ft.opt.NA == NAError {
		return ft.firstMissing(recs, n, first)
	}
	build.add(n, dropped)
	for _, o := range ft.outputs {
		for r, v := range ft.prog.regs[o.reg][:n] {
			if v-v != 0 && !dropped[r] {
				return ft.rowError(first+int64(r), o.text, "the value is "+nonFinite(v), hintFinite)
			}
		}
	}
	for i := range ft.learners {
		l := &ft.learners[i]
		if l.levels == nil {
			l.learn(ft.pack(l.reg, n, missing))
		} else if !l.levels.add(n, dropped) {
			return tooWide(l.v.Text, ft.opt.MaxColumns, l.v.Text, len(l.levels.values))
		}
	}
	return ft.leftBlock(n, missing, first)
}

func (ft *fitter) rowError(row int64, column, msg, hint string) error {
	return &RowError{Row: row, Line: ft.table.SourceLine(row), Column: column, Msg: msg, Hint: hint, located: true}
}

// findMissing computes the block and marks rows with a missing value in a used column.
func (ft *fitter) findMissing(recs []byte, n int, first int64) (bool, error) {
	ft.prog.run(recs, ft.schema.RecordBytes, n)
	any := false
	count := func(column string, k int64) {
		if k > 0 {
			ft.report.RowsDropped[column] += k
			any = true
		}
	}
	counted := map[string]bool{}
	for _, l := range ft.prog.loads {
		counted[l.column] = true
		values := ft.prog.regs[l.reg][:n]
		if finite(values) {
			continue
		}
		var k int64
		for r, v := range values {
			if math.IsNaN(v) {
				ft.dropped[r] = true
				k++
			} else if v-v != 0 {
				return false, ft.rowError(first+int64(r), l.column, "the value is "+nonFinite(v), hintFinite)
			}
		}
		count(l.column, k)
	}
	for _, s := range ft.levelSets() {
		k := s.load(recs, ft.schema.RecordBytes, n, ft.dropped)
		any = any || k > 0
		if !counted[s.col.Name] {
			counted[s.col.Name] = true
			count(s.col.Name, k)
		}
	}
	return any, nil
}

// levelSets lists the level sets of both sides.
func (ft *fitter) levelSets() []*levelSet {
	var sets []*levelSet
	for i := range ft.learners {
		if s := ft.learners[i].levels; s != nil {
			sets = append(sets, s)
		}
	}
	if ft.left.levels != nil {
		sets = append(sets, ft.left.levels)
	}
	return sets
}

// firstMissing names the first missing value of a block that has one.
func (ft *fitter) firstMissing(recs []byte, n int, first int64) error {
	for r := range n {
		if !ft.dropped[r] {
			continue
		}
		column := ""
		for _, l := range ft.prog.loads {
			if math.IsNaN(ft.prog.regs[l.reg][r]) {
				column = l.column
			}
		}
		for _, s := range ft.levelSets() {
			if s.seen != nil && s.cells[r] < 0 || s.seen == nil && math.IsNaN(s.floats[r]) {
				column = s.col.Name
			}
		}
		return ft.rowError(first+int64(r), column, "the value is missing",
			hintMissing+", or let rows with missing values be dropped")
	}
	return nil
}

// pack gives the values of a register in the used rows of the block.
func (ft *fitter) pack(reg, n int, missing bool) []float64 {
	values := ft.prog.regs[reg][:n]
	if !missing {
		return values
	}
	out := ft.packed[:0]
	for r, v := range values {
		if !ft.dropped[r] {
			out = append(out, v)
		}
	}
	return out
}

// leftBlock lets the response see the used rows of a block.
func (ft *fitter) leftBlock(n int, missing bool, first int64) error {
	ls := &ft.left
	if ls.levels != nil && !ls.levels.add(n, ft.dropped[:n]) {
		return ft.leftFault(ErrData, "model it as a number", "the response %s has more than %d different values",
			ls.spec.Text, maxCategories)
	}
	used := make([]int64, 0, blockRows)
	for r := range n {
		if !ft.dropped[r] {
			used = append(used, first+int64(r))
		}
	}
	take := func(reg int) []float64 {
		if reg < 0 {
			return nil
		}
		return append([]float64(nil), ft.pack(reg, n, missing)...)
	}
	err := ls.judge(&ft.opt, take(ls.y), take(ls.trials), take(ls.failed), take(ls.weights),
		func(i int) int64 { return used[i] })
	return Locate(err, ft.table, func(r int64) int64 { return r })
}
