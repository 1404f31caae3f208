package authentik

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const permChangeUser = "authentik_core.change_user"

const (
	opSetEmail   = "set the Authentik e-mail"
	opSetTrusted = "set the trusted address"
)

// person is a user with everything in its attributes: they are replaced as a
// whole by a write, so attributes that we do not know must be sent as they were.
type person struct {
	wireUser
	attributes map[string]json.RawMessage
}

func (c *Client) person(ctx context.Context, op string, pk int64) (person, error) {
	k := call{op: op, path: userPath(pk), permission: permViewUser, limit: documentLimit}
	body, err := c.get(ctx, k)
	if model.CodeOf(err) == model.CodeNotFound {
		return person{}, &model.Error{
			Code: model.CodeNotFound, Op: op, Msg: fmt.Sprintf("Authentik has no user %d that this token can see", pk),
			Hint: "reload the list",
		}
	}
	if err != nil {
		return person{}, err
	}
	var (
		p   person
		raw struct {
			Attributes json.RawMessage `json:"attributes"`
		}
	)
	if err := decode(k, body, &p.wireUser); err != nil {
		return person{}, err
	}
	if err := decode(k, body, &raw); err != nil {
		return person{}, err
	}
	if p.PK != pk {
		return person{}, notAPI(k, fmt.Errorf("asked for user %d and got %d", pk, p.PK))
	}
	if err := json.Unmarshal(raw.Attributes, &p.attributes); err != nil || p.attributes == nil {
		return person{}, notAPI(k, errors.New("the attributes are not an object"))
	}
	return p, nil
}

func userPath(pk int64) string { return "/core/users/" + strconv.FormatInt(pk, 10) + "/" }

// SetEmail replaces the address of a user; after == "" clears it, which only
// an undo should want. The user is read again and must still carry before
// (else CodeConflict, S35). Nothing but the address is sent, it is sent once,
// and the user is read back. The address must be one that RomM can store (S2);
// letter case is kept. Whether another user has it already is the plan's
// business: Authentik allows it.
//
// Up to 2025.10 any write to a user drops what [UserWriteWarning] says
// (docs/authentik.md 4.2 PATCH).
func (c *Client) SetEmail(ctx context.Context, pk int64, before, after string) (model.Identity, error) {
	if err := checkWish(opSetEmail, pk, before, after); err != nil {
		return model.Identity{}, err
	}
	p, err := c.person(ctx, opSetEmail, pk)
	if err != nil {
		return model.Identity{}, err
	}
	if now := p.Email; now != before {
		return model.Identity{}, conflict(opSetEmail, fmt.Sprintf("the address of %q is now %s, no longer %s",
			model.Clean(p.Username), show(now, noAddress), show(before, noAddress)))
	}
	return c.patchUser(ctx, opSetEmail, p, api.PatchedUserRequest{Email: &after}, func(now person) (standing, string) {
		switch now.Email {
		case after:
			return standsAfter, ""
		case before:
			return standsBefore, ""
		}
		return standsOther, "the address is " + show(now.Email, noAddress)
	})
}

const noAddress = "no address"

// SetTrustedEmail replaces the address that an admin vouches for, in the
// attribute model.AttrTrustedEmail; after == "" removes the attribute. Before
// is what Identity.TrustedEmail said, so an attribute that is no text counts
// as "". Conditions and errors are those of [Client.SetEmail].
//
// Authentik replaces attributes as a whole, so all others are sent along as
// they were read, numbers to the last digit, and compared afterwards. Between
// reading and writing another writer of attributes can still lose: Authentik
// has no conditional write.
func (c *Client) SetTrustedEmail(ctx context.Context, pk int64, before, after string) (model.Identity, error) {
	if err := checkWish(opSetTrusted, pk, before, after); err != nil {
		return model.Identity{}, err
	}
	p, err := c.person(ctx, opSetTrusted, pk)
	if err != nil {
		return model.Identity{}, err
	}
	if now := p.Attributes.trusted; now != before {
		return model.Identity{}, conflict(opSetTrusted, fmt.Sprintf("the trusted address of %q is now %s, no longer %s",
			model.Clean(p.Username), show(now, noAddress), show(before, noAddress)))
	}
	next := make(map[string]any, len(p.attributes)+1)
	for name, value := range p.attributes {
		next[name] = value
	}
	delete(next, model.AttrTrustedEmail)
	if after != "" {
		next[model.AttrTrustedEmail] = after
	}
	return c.patchUser(ctx, opSetTrusted, p, api.PatchedUserRequest{Attributes: next}, func(now person) (standing, string) {
		switch {
		case !sameAttributes(now.attributes, p.attributes):
			return standsOther, "other attributes changed at the same time"
		case now.Attributes.trusted == after && (after != "" || now.attributes[model.AttrTrustedEmail] == nil):
			return standsAfter, ""
		case now.Attributes.trusted == before:
			return standsBefore, ""
		}
		return standsOther, "the trusted address is " + show(now.Attributes.trusted, noAddress)
	})
}

// sameAttributes compares everything but our own.
func sameAttributes(a, b map[string]json.RawMessage) bool {
	var plain [2]map[string]any
	for i, m := range []map[string]json.RawMessage{a, b} {
		plain[i] = make(map[string]any, len(m))
		for name, raw := range m {
			if name == model.AttrTrustedEmail {
				continue
			}
			// Numbers stay texts: as floats, different ones would be equal.
			d := json.NewDecoder(bytes.NewReader(raw))
			d.UseNumber()
			var v any
			if d.Decode(&v) != nil {
				return false
			}
			plain[i][name] = v
		}
	}
	return reflect.DeepEqual(plain[0], plain[1])
}

func (c *Client) patchUser(ctx context.Context, op string, p person, patch api.PatchedUserRequest, judge func(person) (standing, string)) (model.Identity, error) {
	now, err := change[person]{
		call: call{
			op: op, method: http.MethodPatch, path: userPath(p.PK), permission: permChangeUser, attributes: patch.Attributes != nil,
		},
		object: fmt.Sprintf("the user %q", model.Clean(p.Username)),
		read:   func(ctx context.Context) (person, error) { return c.person(ctx, op, p.PK) },
		judge:  judge,
	}.send(ctx, c, patch)
	if err != nil {
		return model.Identity{}, err
	}
	return now.identity(), nil
}

// checkWish refuses what must never be written, without asking Authentik.
func checkWish(op string, pk int64, before, after string) error {
	bad := func(msg, hint string) error {
		return &model.Error{Code: model.CodeInvalid, Op: op, Msg: msg, Hint: hint}
	}
	switch {
	case pk < 1:
		return bad(fmt.Sprintf("%d is no user", pk), "reload the list")
	case before == after:
		return bad("there is nothing to change", "the address is the same already")
	case after == "":
		return nil
	case strings.TrimSpace(after) != after:
		return bad("the address has blanks around it", "type it without them")
	}
	if _, err := model.CheckAddress(after); err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// UserWriteWarning says what else a write to a user loses on that version of
// Authentik, "" if nothing: from 2024.12 to 2025.10 each write through the API
// clears the permissions that were given to the user directly
// (docs/authentik.md 4.2 PATCH). Of an unknown version nothing is said.
func UserWriteWarning(version string) string {
	r := ParseRelease(version)
	if !r.Known() || r.AtLeast(2025, 12) {
		return ""
	}
	return fmt.Sprintf("Authentik %s removes the permissions that were given to a user directly whenever the user is changed "+
		"(those of groups and roles stay); note them first, or upgrade to 2025.12", model.Clean(version))
}
