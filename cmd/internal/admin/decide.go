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
			"(preferred_username), oidc_enabled (true); the release, from 4.3.1 on; the database, mariadb,\n" +
			"postgresql or unknown (assumes the worse of the two and says so in depends); and\n" +
			"claims_supported of the provider's discovery document, null when it has none. An email of null\n" +
			"is none; \"\" is an empty one, which is an address to RomM. Claims are those of the ID token;\n" +
			"null is a token without any. Unknown and duplicate members are errors.\n\n" +
			"A verdict has name, outcome (signs-in, registers, refused, server-error), status, detail (RomM's\n" +
			"own words), rule (the row of the decision table), user_id (0: none), role_before, role_after and\n" +
			"remedy; also session_id when the browser may end up in that account's session, depends when the\n" +
			"answer is not certain, and cause where more is known, such as a role in other letter case.\n" +
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
	Name       model.Untrusted `json:"name"`
	Outcome    model.Outcome   `json:"outcome"`
	Status     int             `json:"status"`
	Detail     model.Untrusted `json:"detail"`
	Rule       string          `json:"rule"`
	UserID     int64           `json:"user_id"`
	SessionID  int64           `json:"session_id,omitempty"`
	RoleBefore model.Role      `json:"role_before"`
	RoleAfter  model.Role      `json:"role_after"`
	Remedy     model.Untrusted `json:"remedy"`
	Depends    string          `json:"depends,omitempty"`
	Cause      model.Untrusted `json:"cause,omitempty"`
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
	v := model.Decide(c.claims, accounts, c.settings)
	cause, fix := v.Cause(c.claims, accounts, c.settings)
	return verdictJSON{
		Name: model.Untrusted(c.name), Outcome: v.Outcome, Status: v.Status, Detail: model.Untrusted(v.Detail),
		Rule: v.Rule, UserID: v.UserID, SessionID: v.SessionID, RoleBefore: v.RoleBefore, RoleAfter: v.RoleAfter,
		Remedy: model.Untrusted(cmp.Or(fix, v.Remedy)), Depends: v.Depends, Cause: model.Untrusted(cause),
	}, nil
}
