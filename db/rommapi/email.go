package rommapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

const opEmail = "set the RomM e-mail"

// SetEmail replaces the address of an account; after == "" clears it. The new
// address is checked by RomM's rules, the account is read again and must still
// carry before (else CodeConflict), and the result is compared and read back:
// RomM answers 200 to requests of which it ignores everything (docs/romm.md 2
// PUT). An address that another account carries is refused by RomM's unique
// index (CodeConflict).
//
// A change of letter case alone is refused with CodeInvalid, and RomM before
// 4.0 with CodeRefused. CodePartial means that the change was made but could
// not be read back. If the answer to the write is lost, the account is read to
// find out; the write is never sent twice.
func (c *Client) SetEmail(ctx context.Context, id int64, before, after string) (model.LocalUser, error) {
	after, err := wish(id, before, after)
	if err != nil {
		return model.LocalUser{}, err
	}
	if _, err := c.mayWrite(ctx, opEmail); err != nil {
		return model.LocalUser{}, err
	}
	of := func(a account) string { return a.Email.Raw() }
	return c.make(ctx, change{
		op: opEmail, noun: "the address", id: id, before: before, after: after, of: of, show: show,
		send: call{method: http.MethodPut, path: userPath(id), scope: scopeWrite, form: url.Values{"email": {after}}},
		echo: c.userEcho(of), refused: taken(after),
	})
}

// taken rewords the refusal of an address that RomM's database finds already.
// Nobody is asked beforehand whose it is: that would be a list of everybody for
// each change, and RomM's index is the one that decides.
func taken(after string) func(*model.Error) {
	return func(e *model.Error) {
		if e.Code == model.CodeInvalid && strings.Contains(e.Msg, "already exists") {
			e.Code = model.CodeConflict
			e.Msg = "an account of RomM has the address " + show(after) + " already, or one that RomM's database counts as the same"
			e.Hint = "reload and search for it: that account has to be given another address first, or cleared; it may be this one, in another spelling"
		}
	}
}

// wish checks and normalises the request without asking RomM.
func wish(id int64, before, after string) (string, error) {
	bad := func(msg, hint string) (string, error) {
		return "", &model.Error{Code: model.CodeInvalid, Op: opEmail, Msg: msg, Hint: hint}
	}
	if err := noID(opEmail, id); err != nil {
		return "", err
	}
	if after == "" {
		if before == "" {
			return bad("there is no address to clear", "nothing to do; an empty address that RomM stores goes away by setting one and clearing it")
		}
		return "", nil
	}
	after, err := model.CheckAddress(after)
	if err != nil {
		return "", fmt.Errorf("%s: %w", opEmail, err)
	}
	if model.SameAddress(model.Untrusted(before), model.Untrusted(after)) {
		return bad("RomM ignores letter case; nothing to fix", "the address matches as it is")
	}
	return after, nil
}

// show quotes an address for a message.
func show(address string) string {
	if address == "" {
		return "no address"
	}
	return fmt.Sprintf("%q", model.Clean(address))
}
