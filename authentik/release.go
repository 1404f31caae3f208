package authentik

import (
	"strconv"
	"strings"
)

// Release is an Authentik version, such as 2025.10.4. The zero value means
// that it is not known.
type Release struct{ Year, Month, Patch int }

// The oldest release that this package was written for.
const oldestYear, oldestMonth = 2024, 12

// ParseRelease reads version_current: "2025.10.4", "2026.2.3-rc1", "2026.5". It
// returns the zero Release for anything else.
func ParseRelease(s string) Release {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "-")
	s, _, _ = strings.Cut(s, "+")
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Release{}
	}
	var r Release
	for i, dst := range []*int{&r.Year, &r.Month, &r.Patch}[:len(parts)] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return Release{}
		}
		*dst = n
	}
	return r
}

// Known reports whether the version is known at all.
func (r Release) Known() bool { return r != Release{} }

// AtLeast reports whether r is that release or a later one. An unknown version
// counts as the newest.
func (r Release) AtLeast(year, month int) bool {
	if !r.Known() {
		return true
	}
	return r.Year > year || (r.Year == year && r.Month >= month)
}
