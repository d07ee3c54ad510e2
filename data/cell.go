package data

import "strconv"

// cell prints a column's value in the record at the start of rec: the label, or the number in shortest form; NA
// stands for missing.
func cell(rec []byte, c *Column) string {
	if c.Kind == KindFactor {
		if label, ok := c.Label(Code(rec, c)); ok {
			return label
		}
		return "NA"
	}
	v := Float(rec, c)
	if v != v {
		return "NA"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
