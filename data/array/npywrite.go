package array

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// WriteNPY writes values, row-major in the given shape, to an NPY file of version 1, replacing path atomically.
func WriteNPY[T float32 | float64](path string, shape []int, values []T) error {
	return writeAtomic(path, func(w io.Writer) error { return EncodeNPY(w, shape, values) })
}

// EncodeNPY writes the bytes of an NPY file. The text of the header is padded so that the values begin at a multiple of
// 64 bytes, as NumPy aligns them for mapping.
func EncodeNPY[T float32 | float64](w io.Writer, shape []int, values []T) error {
	total := 1
	for _, n := range shape {
		if n < 0 || n > 0 && total > math.MaxInt/n {
			return fmt.Errorf("data: write NPY: shape %v: out of range", shape)
		}
		total *= n
	}
	if total != len(values) {
		return fmt.Errorf("data: write NPY: shape %v has %d values, %d are given", shape, total, len(values))
	}
	out := bufio.NewWriterSize(w, 1<<16)
	size := 8
	if _, single := any(values).([]float32); single {
		size = 4
	}
	if _, err := out.Write(npyPreamble(size, shape)); err != nil {
		return err
	}
	var word [8]byte
	for _, v := range values {
		if size == 4 {
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(float32(v)))
		} else {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(float64(v)))
		}
		if _, err := out.Write(word[:size]); err != nil {
			return err
		}
	}
	return out.Flush()
}

// npyPreamble is everything before the values.
func npyPreamble(size int, shape []int) []byte {
	const before = len(npyMagic) + 4
	var dims strings.Builder
	for _, n := range shape {
		fmt.Fprintf(&dims, "%d,", n)
		if len(shape) > 1 {
			dims.WriteByte(' ')
		}
	}
	tuple := strings.TrimSuffix(dims.String(), ", ")
	text := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", size, tuple)
	text += strings.Repeat(" ", 63-(before+len(text))%64) + "\n"
	head := append([]byte(npyMagic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(text)))
	return append(head, text...)
}
