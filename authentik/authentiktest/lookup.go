package authentiktest

import "maps"

// UID returns the uid of the user of that name, as the API shows it.
func (s *Server) UID(username string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.world.users {
		if u.Username == username {
			return u.uid, true
		}
	}
	return "", false
}

// Attributes returns a copy of the attributes of the user of that name, with
// numbers as they were written.
func (s *Server) Attributes(username string) (map[string]any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.world.users {
		if u.Username == username {
			return maps.Clone(u.User.Attributes), true
		}
	}
	return nil, false
}

// Versions lists one release of each line that the fake can pose as and that
// differs from the one before it (docs/authentik.md 5).
func Versions() []string {
	return []string{"2024.12.5", "2025.4.4", "2025.8.1", "2025.10.4", "2025.12.4", "2026.2.3", "2026.5.3", "2026.8.1"}
}
