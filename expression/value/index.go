package value

import "math"

// index is where the members of an object are in a JSON text. It is made when a member is first looked for: most
// connectors look for several in the same object, and each time the text would be read to its end, where the name may
// stand again.
type index struct {
	members []member
	// long tells that there are too many members: the object is read each time.
	long bool
}

// member is a member's name, without its quotes, and the beginning of its value, as offsets in the text.
type member struct {
	nameStart, nameEnd, value int32
	// inner is the index of the value, once something has been looked for in it.
	inner *index
}

// maxMembers is how many members an index has at most.
const maxMembers = 64

// indexable tells whether offsets in a text fit into an index.
func indexable(raw []byte) bool { return len(raw) <= math.MaxInt32 }

// newIndex reads the object at which the scanner stands.
func newIndex(s *scanner) *index {
	x := &index{members: make([]member, 0, 8)}
	s.pos++
	s.skipSpace()
	for s.raw[s.pos] != '}' {
		if len(x.members) == maxMembers {
			return &index{long: true}
		}
		start := s.pos
		s.skipString()
		m := member{nameStart: int32(start + 1), nameEnd: int32(s.pos - 1)}
		s.skipSpace()
		s.pos++ // the colon
		s.skipSpace()
		m.value = int32(s.pos)
		x.members = append(x.members, m)
		s.skipValue()
		s.nextItem()
	}
	return x
}

// member is the member that key names last.
func (x *index) member(raw []byte, key string) *member {
	for i := len(x.members) - 1; i >= 0; i-- {
		if m := &x.members[i]; keyEquals(raw[m.nameStart:m.nameEnd], key) {
			return m
		}
	}
	return nil
}
