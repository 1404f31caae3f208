package rommtest

// column is the form of a stored text that RomM's look-ups compare:
// `lower(column) = lower(value)`. save relies on unique(a) == unique(b) implying
// column(a) == column(b).
func (s *store) column(v string) string { return string(s.database.Rule().AppendColumn(nil, v)) }

// lookup is the form in which RomM looks for a username or an address.
func (s *store) lookup(v string) string { return string(s.database.Rule().AppendLookup(nil, v)) }

// unique is the form that the unique indexes compare.
func (s *store) unique(v string) string { return string(s.database.Rule().AppendUnique(nil, v)) }
