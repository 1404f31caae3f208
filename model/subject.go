package model

import "strconv"

// The subject modes of an Authentik provider: what it sends as the claim sub, by
// which RomM since 5.4 knows people again (docs/authentik.md 4.2 sub_mode).
const (
	SubHashedUserID = "hashed_user_id"
	SubUserID       = "user_id"
	SubUserUUID     = "user_uuid"
	SubUsername     = "user_username"
	SubEmail        = "user_email"
	SubUPN          = "user_upn"
)

// Subject is the claim sub that a provider with that subject mode sends for the
// user; false for a mode that we do not know. It need not be text, or anything
// at all: an attribute may hold whatever JSON can, and an address may be empty.
func (id Identity) Subject(mode string) (any, bool) {
	switch mode {
	case SubHashedUserID:
		return id.UID, true
	case SubUserID:
		return strconv.FormatInt(id.PK, 10), true
	case SubUserUUID:
		return id.UUID, true
	case SubUsername:
		return id.Username.Raw(), true
	case SubEmail:
		return id.Email.Raw(), true
	case SubUPN:
		if id.UPN != nil {
			return id.UPN, true
		}
		return id.UID, true
	}
	return nil, false
}
