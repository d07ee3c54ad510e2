package array

import (
	"fmt"
	"strconv"
	"strings"
)

// npyHeader is what the text of an NPY header says.
type npyHeader struct {
	dtype     DType
	bigEndian bool
	fortran   bool
	shape     []int64
}

// headerFault is an error without the file.
type headerFault struct{ field, msg, hint string }

// parseNPYHeader reads a Python dictionary literal with the keys descr, fortran_order and shape, in any order, such as
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }
func parseNPYHeader(text string) (*npyHeader, *headerFault) {
	c, h, seen := &cursor{rest: text}, &npyHeader{}, map[string]bool{}
	if !c.take("{") {
		return nil, c.fault("header", "a dictionary that begins with {")
	}
	for !c.take("}") {
		key, ok := c.quoted()
		if !ok || !c.take(":") {
			return nil, c.fault("header", "a quoted key and a colon")
		}
		if seen[key] {
			return nil, &headerFault{"header", fmt.Sprintf("the key %q comes twice", key), "the header is damaged"}
		}
		seen[key] = true
		if fault := h.parseValue(c, key); fault != nil {
			return nil, fault
		}
		if !c.take(",") && !strings.HasPrefix(c.rest, "}") {
			return nil, c.fault("header", "a comma or }")
		}
	}
	if c.space(); c.rest != "" {
		return nil, c.fault("header", "nothing after }")
	}
	for _, key := range []string{"descr", "fortran_order", "shape"} {
		if !seen[key] {
			return nil, &headerFault{key, "missing from the header", "the header is damaged"}
		}
	}
	return h, nil
}

// parseValue reads the value of one key.
func (h *npyHeader) parseValue(c *cursor, key string) *headerFault {
	switch key {
	case "descr":
		return h.parseType(c)
	case "fortran_order":
		h.fortran = c.take("True")
		if !h.fortran && !c.take("False") {
			return c.fault(key, "True or False")
		}
		return nil
	case "shape":
		return h.parseShape(c)
	}
	return &headerFault{"header", fmt.Sprintf("unknown key %q", key), "save it with numpy.save"}
}

// refused names the kinds of values that are not numbers, by the letter of NumPy.
var refused = map[byte]string{
	'O': "Python objects, which cannot be read safely", 'S': "byte strings", 'a': "byte strings", 'U': "text",
	'V': "raw records", 'c': "complex numbers", 'M': "dates", 'm': "time spans",
}

// parseType reads a type such as '<f4'.
func (h *npyHeader) parseType(c *cursor) *headerFault {
	const hint = "save numbers: a.astype('float32') or a.astype('uint8')"
	if c.space(); strings.HasPrefix(c.rest, "[") {
		return &headerFault{"descr", "records with named fields are not read", "save one field: a['name']"}
	}
	text, ok := c.quoted()
	if !ok {
		return c.fault("descr", "a quoted type")
	}
	bare := text
	if bare != "" && strings.IndexByte("<>|=", bare[0]) >= 0 {
		h.bigEndian = bare[0] == '>'
		bare = bare[1:]
	}
	for d := Bool; int(d) < len(types); d++ {
		if types[d].npy == bare {
			h.dtype = d
			return nil
		}
	}
	if bare != "" && refused[bare[0]] != "" {
		return &headerFault{"descr", fmt.Sprintf("%q are %s", clip(text), refused[bare[0]]), hint}
	}
	return &headerFault{"descr", fmt.Sprintf("type %q is not read", clip(text)), hint}
}

// parseShape reads a tuple of whole numbers.
func (h *npyHeader) parseShape(c *cursor) *headerFault {
	if !c.take("(") {
		return c.fault("shape", "a tuple")
	}
	h.shape = []int64{}
	for !c.take(")") {
		c.space()
		n := 0
		for n < len(c.rest) && (c.rest[n] >= '0' && c.rest[n] <= '9' || n == 0 && c.rest[n] == '-') {
			n++
		}
		v, err := strconv.ParseInt(c.rest[:n], 10, 64)
		if err != nil {
			return c.fault("shape", "a whole number below 2^63")
		}
		h.shape = append(h.shape, v)
		c.rest = strings.TrimPrefix(c.rest[n:], "L") // Python 2 wrote long integers so
		if !c.take(",") && !strings.HasPrefix(c.rest, ")") {
			return c.fault("shape", "a comma or )")
		}
	}
	return nil
}

// cursor walks the text of a header.
type cursor struct{ rest string }

func (c *cursor) space() { c.rest = strings.TrimLeft(c.rest, " \t\r\n") }

// take skips blanks and the token, if it comes next.
func (c *cursor) take(token string) bool {
	c.space()
	rest, ok := strings.CutPrefix(c.rest, token)
	c.rest = rest
	return ok
}

// quoted reads a string in single or double quotes; NumPy writes no escapes.
func (c *cursor) quoted() (string, bool) {
	if c.space(); c.rest == "" || c.rest[0] != '\'' && c.rest[0] != '"' {
		return "", false
	}
	end := strings.IndexByte(c.rest[1:], c.rest[0])
	if end < 0 {
		return "", false
	}
	text := c.rest[1 : 1+end]
	c.rest = c.rest[end+2:]
	return text, true
}

func (c *cursor) fault(field, want string) *headerFault {
	return &headerFault{field, fmt.Sprintf("want %s, found %q", want, clip(c.rest)), "the header is damaged"}
}

// clip shortens text from a file for a message.
func clip(s string) string {
	if len(s) > 24 {
		return s[:24] + "..."
	}
	return s
}
