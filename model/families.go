package model

// family is a range of RomM releases that decide about logins alike: from one
// release on, to that of the next (docs/romm.md 3 Families).
type family struct {
	name                string
	major, minor, patch int // the first release

	noRoles       bool // there is no role claim yet
	nullRoleFails bool // a role claim of null is a 500 (row 12-4.3)
	nameOptional  bool // a missing username stops new accounts only, and has no variable
	resetsRoles   bool // an absent role claim makes a viewer of everybody
	threeRoles    bool // viewer, editor, admin; registration is always on
	sanitises     bool // usernames of new accounts are made acceptable
	links         bool // accounts are known by issuer and subject
	roleSets      bool // OIDC_ROLE_* are lists
	rolesInDoubt  bool // and whether they are is not known of every release
}

// families in order. The last one answers for every newer release.
var families = [...]family{
	{name: "3.7 to 4.3.0", noRoles: true, nameOptional: true, resetsRoles: true, threeRoles: true},
	{name: "4.3", major: 4, minor: 3, patch: 1, nullRoleFails: true, nameOptional: true, resetsRoles: true, threeRoles: true},
	{name: "4.4", major: 4, minor: 4, nameOptional: true, resetsRoles: true, threeRoles: true},
	{name: "4.5 to 4.7", major: 4, minor: 5, resetsRoles: true, threeRoles: true},
	{name: "4.8 and 4.9", major: 4, minor: 8, threeRoles: true},
	{name: "5.0 to 5.2", major: 5},
	{name: "5.3", major: 5, minor: 3, sanitises: true},
	{name: "5.4", major: 5, minor: 4, sanitises: true, links: true, rolesInDoubt: true},
	{name: "5.5", major: 5, minor: 5, sanitises: true, links: true, roleSets: true},
}

// unreleased is the family of development builds, and of releases that are not
// known: they may have any of the later rules or none.
const unreleased = "5.0 to 5.2"

// family is that of the release, unless RomM's database shows that it is another
// one: a development build is judged by its columns.
func (v Version) family() *family {
	f := v.released()
	switch {
	case v.Columns == LinkColumns && !f.links && (v.Dev || !v.Known()):
		return &families[len(families)-1]
	case v.Columns == LinkColumns && !f.links:
		return familyAt(5, 4)
	case v.Columns == NoLinkColumns && f.links:
		return familyAt(5, 3)
	}
	return f
}

func familyAt(major, minor int) *family { return Version{Major: major, Minor: minor}.released() }

func (v Version) released() *family {
	for i := len(families) - 1; i > 0; i-- {
		f := &families[i]
		if v.Dev || !v.Known() {
			if f.name == unreleased {
				return f
			}
		} else if v.AtLeast(f.major, f.minor, f.patch) {
			return f
		}
	}
	return &families[0]
}

// Links reports whether this RomM knows people by issuer and subject, and accounts
// have a [LocalUser.Link].
func (v Version) Links() bool { return v.family().links }

// Newer reports whether the release is newer than all whose rules are known: it is
// taken for one of the newest family.
func (v Version) Newer() bool {
	last := families[len(families)-1]
	return !v.Dev && v.Known() && v.AtLeast(last.major, last.minor+1, 0)
}

// NewerNote says so; "" otherwise.
func (v Version) NewerNote() string {
	if !v.Newer() {
		return ""
	}
	last := families[len(families)-1].name
	return "RomM " + v.String() + " is newer than " + last + ", the newest release whose rules are known here: it is taken for RomM " + last + "."
}
