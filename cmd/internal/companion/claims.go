package companion

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// SignatureHeader carries "v1=" and the hexadecimal HMAC-SHA256 of the exact
// body, keyed by the provider's client secret.
const SignatureHeader = "X-Romm-Admin-Signature"

const (
	window    = 60 * time.Second // how far the sender's clock may be off
	maxStale  = 10 * time.Minute // how long a last good copy answers
	maxGroups = 4096
)

// Request is what the scope mapping asks at each login.
type Request struct {
	Version  int             `json:"version"` // 1
	Purpose  string          `json:"purpose"` // login, userinfo, preview, discovery
	UID      string          `json:"uid"`
	Username model.Untrusted `json:"username"`
	Email    model.Untrusted `json:"email"`
	Groups   []RequestGroup  `json:"groups"` // direct and inherited
	At       int64           `json:"at"`     // Unix seconds
	Nonce    string          `json:"nonce"`
}

// RequestGroup is one group of the person. Its name is sent for people who read
// along; it decides nothing (S8).
type RequestGroup struct {
	PK   model.GroupID   `json:"pk"`
	Name model.Untrusted `json:"name"`
}

// Answer is the reply: the value of the claim, and why.
type Answer struct {
	Roles    []string `json:"roles"` // never null: an empty list is "no access"
	Decision string   `json:"decision"`
}

// Sign returns the value of [SignatureHeader] for a body.
func Sign(key model.Secret, body []byte) string {
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(body)
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Server) claims(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return &model.Error{Code: model.CodeInvalid, Msg: "the body cannot be read", Err: err}
	}
	if !hmac.Equal([]byte(r.Header.Get(SignatureHeader)), []byte(Sign(s.Key, body))) {
		return &model.Error{
			Code: model.CodeUnauthorized, Msg: "the signature does not match",
			Hint: "the companion's OIDC_CLIENT_SECRET must be the client secret of RomM's provider in Authentik",
		}
	}
	var req Request
	if err := model.DecodeKnown(body, &req); err != nil { // S3
		return &model.Error{Code: model.CodeInvalid, Msg: "the body is not the JSON of a claims request", Err: err}
	}
	now := s.Now()
	if err := req.check(now); err != nil {
		return err
	}
	if err := s.nonces.use(req.Nonce, now); err != nil {
		return err
	}
	answer, err := s.decide(r, req, now)
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, answer)
	if req.signsIn() {
		s.queue.put(db.Login{
			At: now, Purpose: req.Purpose, UID: req.UID, Username: req.Username,
			Email: req.Email, Roles: answer.Roles, Decision: answer.Decision,
		})
	}
	return nil
}

// signsIn reports whether the answer is for RomM. A preview is computed for
// somebody who looks at it in Authentik or in the console, discovery for nobody
// in particular: neither is a login.
func (q Request) signsIn() bool { return q.Purpose == "login" || q.Purpose == "userinfo" }

func (q Request) check(now time.Time) error {
	invalid := func(msg string) error { return &model.Error{Code: model.CodeInvalid, Msg: msg} }
	switch q.Purpose {
	case "login", "userinfo", "preview", "discovery":
	default:
		return invalid("purpose is none of login, userinfo, preview, discovery")
	}
	switch {
	case q.Version != 1:
		return invalid(fmt.Sprintf("version %d of the claims request is not known", q.Version))
	case q.UID == "" || len(q.UID) > 255:
		return invalid("uid is missing or too long")
	case q.Nonce == "" || len(q.Nonce) > 255:
		return invalid("nonce is missing or too long")
	case len(q.Groups) > maxGroups:
		return invalid(fmt.Sprintf("more than %d groups", maxGroups))
	}
	if off := now.Sub(time.Unix(q.At, 0)); off > window || off < -window {
		return &model.Error{
			Code: model.CodeUnauthorized, Msg: fmt.Sprintf("the request is %s off", off.Round(time.Second)),
			Hint: "set the clocks of Authentik's server and of this one",
		}
	}
	return nil
}

// decide resolves the roles. While the file cannot be read the last good copy
// answers for a while, and one that is not believed answers, but never with admin
// (S27): such a request gets no answer, and the mapping in Authentik falls back
// to the table that was published in it.
func (s *Server) decide(r *http.Request, req Request, now time.Time) (Answer, error) {
	snap, err := s.current(r.Context())
	groups := make([]model.GroupID, len(req.Groups))
	for i, g := range req.Groups {
		groups[i] = model.GroupID(strings.ToLower(string(g.PK)))
	}
	res := snap.Map.Resolve(groups)
	if err != nil {
		if snap.ReadAt.IsZero() || snap.Age(now) > maxStale || res.Role == model.RoleAdmin {
			return Answer{}, unreadable(err)
		}
		s.Log.Error("role map unreadable, answering from the last good copy", "age", snap.Age(now).String(), "error", err.Error())
	}
	if err == nil && snap.Doubt != nil && res.Role == model.RoleAdmin {
		return Answer{}, doubted(snap.Doubt)
	}
	answer := Answer{Roles: []string{}, Decision: "no group with a role"}
	if res.Role != model.RoleNone {
		answer.Roles = append(answer.Roles, s.Settings.Token(res.Role))
		answer.Decision = "default role"
	}
	if source := res.Source(); source != nil {
		answer.Decision = "group " + source.Name.String()
	}
	if err != nil {
		answer.Decision += " (last good copy)"
	}
	return answer, nil
}
