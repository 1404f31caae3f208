package admin

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// maxCase is the longest line that is read, in bytes: the limit of every other
// document from outside as well (S24).
const maxCase = 1 << 20

// maxCases bounds a file of them; standard input may go on for ever.
const maxCases = 4 << 30

func newDecide() *cobra.Command {
	return &cobra.Command{
		Use:   "decide FILE|-",
		Short: "Say what RomM does with logins, one JSON case a line",
		Long: "decide reads one JSON case a line and answers each with one verdict a line, in the same\n" +
			"order: what RomM does with a login that brings these claims to these accounts. It asks no\n" +
			"server. It is for bug reports, and for comparison with a running RomM.\n\n" +
			`  {"name":"x","settings":{"version":"5.2.0","database":"mariadb","claim_roles":"groups",` + "\n" +
			`   "role_admin":"romm-admins","allow_registration":true,"claims_supported":null},` + "\n" +
			`   "users":[{"id":1,"username":"bob","email":"bob@example.org","role":"user","enabled":true}],` + "\n" +
			`   "claims":{"email":"bob@example.org","email_verified":true,"preferred_username":"bob"}}` + "\n\n" +
			"settings are RomM's variables of the same names, without blanks around them: claim_roles,\n" +
			"role_admin, role_editor, role_viewer, allow_registration (true), username_attribute\n" +
			"(preferred_username; of blanks only it is a claim without a name), oidc_enabled (true); the\n" +
			"release, from 4.3.1 on; the database, mariadb (with another collation than its default one:\n" +
			"mariadb:utf8mb4_general_ci, mariadb:utf8mb4_unicode_ci), mysql, mysql:utf8mb4_0900_ai_ci, postgresql or\n" +
			"unknown (assumes the worst of them and says so in depends); and claims_supported of the provider's\n" +
			"discovery document, null when it has none. On PostgreSQL, of two users with the address, the one that\n" +
			"is listed first is opened. An email of null\n" +
			"is none; \"\" is an empty one, which is an address to RomM. Claims are those of the ID token;\n" +
			"null is a token without any. Unknown and duplicate members are errors.\n\n" +
			"From RomM 5.4 on users have oidc_issuer and oidc_sub, whom the account is linked to (null is nobody;\n" +
			"without both it is not known), claims iss and sub, and beside them userinfo is what the provider's\n" +
			"UserInfo endpoint answers: {\"status\":200,\"claims\":{}}, or body where that is no JSON; without it the\n" +
			"provider has none. A release newer than the newest known one is answered as that, with a note.\n\n" +
			"A verdict has name, outcome (signs-in, registers, no-session, refused, server-error), status, detail\n" +
			"(RomM's own words), rule (the row of the decision table), user_id (0: none), role_before, role_after\n" +
			"and remedy; also username_after of a new account; email_after and link_after of the account;\n" +
			"other_id when that account may be opened instead of user_id (two have one address, and either may\n" +
			"come first); depends where something is not known; session_id when the browser may end up in that\n" +
			"account's session, session_status when every request with the session is answered with that, and\n" +
			"cause where more is known, such as a role in other letter case.\n" +
			"A line that cannot be read is answered with {\"line\":N,\"error\":...}, the others all the same.\n\n" +
			"Exit codes: 0 every line was answered, 1 a line was malformed or the file cannot be read.",
		Args: cli.ExactArgs("a FILE, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			in := cmd.InOrStdin()
			if args[0] != "-" {
				f, err := db.OpenRegular(args[0], maxCases)
				if err != nil {
					return &model.Error{Code: model.CodeNotFound, Msg: "cannot open the cases", Hint: "give a file with one JSON case a line, or -", Err: err}
				}
				defer func() { _ = f.Close() }() // only read
				in = f
			}
			// A read from a terminal cannot be interrupted, so it is left behind.
			done := make(chan error, 1)
			go func() { done <- decideAll(cmd.Context(), in, cmd.OutOrStdout()) }()
			select {
			case err = <-done:
			case <-cmd.Context().Done():
				err = cmd.Context().Err()
			}
			return err
		},
	}
}

// decideAll answers line by line; it holds one line at a time.
func decideAll(ctx context.Context, r io.Reader, w io.Writer) error {
	in, out := bufio.NewReaderSize(r, 64<<10), bufio.NewWriter(w)
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	bad, n := 0, 0
	for ctx.Err() == nil {
		line, err := readCase(in)
		if errors.Is(err, io.EOF) {
			break
		}
		n++
		if err != nil && !errors.Is(err, errLongCase) {
			return errors.Join(&model.Error{Code: model.CodeUnavailable, Op: fmt.Sprintf("read line %d", n), Err: err}, out.Flush())
		}
		if err == nil && len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var answer any
		if err == nil {
			answer, err = decideLine(line)
		}
		if err != nil {
			bad++
			answer = badLineJSON{Line: n, Error: model.Untrusted(err.Error())}
		}
		if err := enc.Encode(answer); err != nil {
			return fmt.Errorf("write the answer to line %d: %w", n, err)
		}
		if in.Buffered() == 0 { // somebody may be waiting for it
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write the answer to line %d: %w", n, err)
			}
		}
	}
	if err := errors.Join(ctx.Err(), out.Flush()); err != nil || bad == 0 {
		return err
	}
	return &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("%d of %d lines could not be read", bad, n),
		Hint: "look for \"error\" in the answers; `romm-admin decide --help` has an example",
	}
}

var errLongCase = fmt.Errorf("longer than %d bytes", maxCase)

// readCase returns the next line; a line over the limit is skipped whole. The
// slice is valid until the next call. io.EOF means that there is none.
func readCase(in *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, err := in.ReadSlice('\n')
		if long = long || len(line)+len(part) > maxCase; long {
			line = nil
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && !long && len(line) == 0:
			return nil, io.EOF
		case err != nil && !errors.Is(err, io.EOF):
			return nil, err
		case long:
			return nil, errLongCase
		}
		return line, nil
	}
}

// verdictJSON is the answer to one case.
type verdictJSON struct {
	Name      model.Untrusted `json:"name"`
	Outcome   model.Outcome   `json:"outcome"`
	Status    int             `json:"status"`
	Detail    model.Untrusted `json:"detail"`
	Rule      string          `json:"rule"`
	UserID    int64           `json:"user_id"`
	OtherID   int64           `json:"other_id,omitempty"`
	SessionID int64           `json:"session_id,omitempty"`
	// SessionStatus is 401 or 500 where the session is not usable.
	SessionStatus int             `json:"session_status,omitempty"`
	UsernameAfter model.Untrusted `json:"username_after,omitempty"`
	// EmailAfter and LinkAfter are there where there is an account, and its link
	// is known.
	EmailAfter *column         `json:"email_after,omitempty"`
	LinkAfter  *linkJSON       `json:"link_after,omitempty"`
	RoleBefore model.Role      `json:"role_before"`
	RoleAfter  model.Role      `json:"role_after"`
	Remedy     model.Untrusted `json:"remedy"`
	Depends    string          `json:"depends,omitempty"`
	Cause      model.Untrusted `json:"cause,omitempty"`
	Note       string          `json:"note,omitempty"`
}

// linkJSON is what RomM has stored of who signs in to an account.
type linkJSON struct {
	Issuer column `json:"oidc_issuer"`
	Sub    column `json:"oidc_sub"`
}

func linkOrNil(k model.OIDCLink) *linkJSON {
	if !k.Known {
		return nil
	}
	return &linkJSON{column(k.Issuer), column(k.Subject)}
}

// column is a text of RomM's database; null is one.
type column model.NullText

func (c column) MarshalJSON() ([]byte, error) {
	if !c.Valid {
		return []byte("null"), nil
	}
	return c.Text.MarshalJSON()
}

type badLineJSON struct {
	Line  int             `json:"line"`
	Error model.Untrusted `json:"error"`
}

func decideLine(line []byte) (verdictJSON, error) {
	c, err := parseCase(line)
	if err != nil {
		return verdictJSON{}, err
	}
	accounts := model.NewAccounts(c.users)
	v := model.DecideWithUserInfo(c.claims, c.userinfo, accounts, c.settings)
	cause, fix := v.Cause(c.claims, accounts, c.settings)
	out := verdictJSON{
		Name: model.Untrusted(c.name), Outcome: v.Outcome, Status: v.Status, Detail: model.Untrusted(v.Detail),
		Rule: v.Rule, UserID: v.UserID, OtherID: v.OtherID, SessionID: v.SessionID, RoleBefore: v.RoleBefore, RoleAfter: v.RoleAfter,
		Remedy: model.Untrusted(cmp.Or(fix, v.Remedy)), Depends: v.Depends, Cause: model.Untrusted(cause),
		SessionStatus: v.SessionStatus, Note: c.settings.Version.NewerNote(),
	}
	if v.Status == http.StatusTemporaryRedirect {
		out.UsernameAfter = v.Username
	}
	if v.UserID != 0 || v.Status == http.StatusTemporaryRedirect {
		email := column(v.EmailAfter)
		out.EmailAfter = &email
	}
	out.LinkAfter = linkOrNil(v.LinkAfter)
	return out, nil
}
