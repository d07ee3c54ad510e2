package data

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
)

// interner gives each distinct text of a factor column a code, without allocating for a text seen before. Texts of
// at most eight bytes are their own hash key and compare in one instruction; longer ones are compared byte by byte.
type interner struct {
	slots  []internSlot
	shift  uint // 64 - log2(len(slots))
	used   int
	levels []string // by code
	unseen []string // by MissingCode-1-code, when frozen
	na     []string // all of them have MissingCode
	frozen bool     // no new levels: new texts go to unseen
}

// internSlot is one place of the open-addressing table.
type internSlot struct {
	key  uint64 // the text itself, or its hash
	size uint32 // bytes of the text plus one; 0 marks an empty place
	code int32
}

const noCode int32 = -1 << 31 // not in the table

func newInterner(na, frozenLevels []string) *interner {
	t := &interner{slots: make([]internSlot, 64), shift: 64 - 6, na: na, frozen: frozenLevels != nil}
	for i, s := range frozenLevels {
		t.levels = append(t.levels, s)
		t.put([]byte(s), int32(i))
	}
	for _, s := range na {
		if t.find([]byte(s)) == noCode { // a frozen level may be spelt like a missing value
			t.put([]byte(s), MissingCode)
		}
	}
	return t
}

// findShort looks up a text of size <= 8 bytes packed little-endian in key.
func (t *interner) findShort(key uint64, size int) int32 {
	mask := uint64(len(t.slots) - 1)
	for h := mix(key) >> t.shift; ; h = (h + 1) & mask {
		s := &t.slots[h&mask]
		if s.key == key && s.size == uint32(size)+1 {
			return s.code
		}
		if s.size == 0 {
			return noCode
		}
	}
}

// find looks up any text.
func (t *interner) find(text []byte) int32 {
	if len(text) <= 8 {
		return t.findShort(packShort(text), len(text))
	}
	key, mask := hashLong(text), uint64(len(t.slots)-1)
	for h := mix(key) >> t.shift; ; h = (h + 1) & mask {
		s := &t.slots[h&mask]
		if s.size == 0 {
			return noCode
		}
		if s.key == key && s.size == uint32(len(text))+1 && t.same(s.code, text) {
			return s.code
		}
	}
}

func (t *interner) same(code int32, text []byte) bool {
	switch {
	case code >= 0:
		return t.levels[code] == string(text)
	case code == MissingCode:
		return slices.Contains(t.na, string(text))
	}
	return t.unseen[MissingCode-1-code] == string(text)
}

// add gives a new text the next code.
func (t *interner) add(text []byte) int32 {
	var code int32
	if t.frozen {
		code = MissingCode - 1 - int32(len(t.unseen))
		t.unseen = append(t.unseen, string(text))
	} else {
		code = int32(len(t.levels))
		t.levels = append(t.levels, string(text))
	}
	t.put(text, code)
	return code
}

func (t *interner) put(text []byte, code int32) {
	if t.used*2 >= len(t.slots) {
		t.grow()
	}
	key := packShort(text)
	if len(text) > 8 {
		key = hashLong(text)
	}
	t.place(internSlot{key: key, size: uint32(len(text)) + 1, code: code})
	t.used++
}

func (t *interner) place(s internSlot) {
	mask := uint64(len(t.slots) - 1)
	h := mix(s.key) >> t.shift
	for t.slots[h].size != 0 {
		h = (h + 1) & mask
	}
	t.slots[h] = s
}

func (t *interner) grow() {
	old := t.slots
	t.slots = make([]internSlot, 4*len(old))
	t.shift -= 2
	for _, s := range old {
		if s.size != 0 {
			t.place(s)
		}
	}
}

// sortLevels orders the levels bytewise and returns the new code of each old one.
func (t *interner) sortLevels() (sorted []string, newCode []int32) {
	order := make([]int32, len(t.levels))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return strings.Compare(t.levels[a], t.levels[b]) })
	sorted, newCode = make([]string, len(order)), make([]int32, len(order))
	for rank, old := range order {
		sorted[rank], newCode[old] = t.levels[old], int32(rank)
	}
	return sorted, newCode
}

// mix spreads a key over the high bits, which choose the slot (Fibonacci hashing after one fold).
func mix(key uint64) uint64 { return (key ^ key>>29) * 0x9e3779b97f4a7c15 }

// packShort packs at most eight bytes little-endian; longer texts give an unused value.
func packShort(text []byte) uint64 {
	var b [8]byte
	copy(b[:], text)
	return binary.LittleEndian.Uint64(b[:])
}

// hashLong folds the text eight bytes at a time through 64×64→128-bit products.
func hashLong(text []byte) uint64 {
	h := uint64(len(text)) * 0xa0761d6478bd642f
	for len(text) >= 8 {
		h = fold(h^binary.LittleEndian.Uint64(text), 0xe7037ed1a0b428db)
		text = text[8:]
	}
	return fold(h^packShort(text), 0x8ebc6af09c88c6e3)
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}
