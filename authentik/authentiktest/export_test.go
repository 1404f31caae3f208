package authentiktest

// UUIDOf is the key that the fake gives to what it names itself.
func UUIDOf(kind, name string) string { return uuidOf(kind, name) }
