// Package rommtest is a fake RomM: a stateful, in-memory http.Handler that
// answers the part of RomM's REST API that has to do with people and tokens
// with the status, content type, `detail` text and body shape that RomM 5.2.0
// was recorded to give (testdata, replayed by the package's tests). It serves
// the tests of the client and the demo world.
//
// What it does not implement it refuses: 501 with a JSON detail, never an
// invented answer. That is avatars, hidden entities and permission overrides,
// the editing of permission groups, and everything that has to do with games.
//
// The OIDC login asks the provider of Seed.Login as RomM would and then does
// what the decision engine of package model says, which is held to the same
// recordings.
//
// Its limits: answers of releases other than 5.2.0 follow the reference, not
// a recording; MariaDB's collation is imitated for Latin letters only; a
// request body may have 1 MiB; last_active and last_used_at move at each
// request, where RomM sometimes waits; permission groups are listed by name;
// the CSRF pair must be equal, where RomM signs it as well.
package rommtest
