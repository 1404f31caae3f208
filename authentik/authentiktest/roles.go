package authentiktest

func roleIDs(roles []Role) []any {
	out := make([]any, len(roles))
	for i, r := range roles {
		out[i] = r.ID
	}
	return out
}

func roleObjects(roles []Role) []any {
	out := make([]any, len(roles))
	for i, r := range roles {
		out[i] = map[string]any{"pk": r.ID, "name": r.Name}
	}
	return out
}
