package authentiktest

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
