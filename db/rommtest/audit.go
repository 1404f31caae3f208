package rommtest

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Event is one of RomM's audit log (docs/romm.md 7 Audit log); its number is
// its place in the seed, from 1.
type Event struct {
	At     time.Time
	Actor  int64 // 0 is nobody
	Action string
	Data   map[string]any
}

// record adds an event of the account. Before 5.4 there is no log.
func (s *store) record(a *account, action string, data map[string]any) {
	if since(s.version, 5, 4) {
		s.events = append(s.events, Event{At: s.now(), Actor: a.ID, Action: action, Data: data})
	}
}

// The members of an event and of a page.
type (
	eventSchema struct {
		ID         int64          `json:"id"`
		Action     string         `json:"action"`
		Category   *string        `json:"category"`
		At         string         `json:"occurred_at"`
		ActorKind  string         `json:"actor_kind"`
		Actor      *actorSchema   `json:"actor"`
		ActorName  *string        `json:"actor_name"`
		TargetType *string        `json:"target_type"`
		TargetID   *string        `json:"target_id"`
		TargetName *string        `json:"target_name"`
		Address    *string        `json:"ip_address"`
		DeviceID   *string        `json:"device_id"`
		DeviceName *string        `json:"device_name"`
		Data       map[string]any `json:"data"`
	}
	actorSchema struct {
		ID       int64  `json:"id"`
		Username string `json:"username"`
		Avatar   string `json:"avatar_path"`
		Updated  string `json:"updated_at"`
	}
	eventPage struct {
		Items  []eventSchema `json:"items"`
		Total  int           `json:"total"`
		Limit  int64         `json:"limit"`
		Offset int64         `json:"offset"`
		MaxID  *int64        `json:"max_id"`
	}
)

// listEvents is GET /api/audit-events: everybody's for an administrator whose
// credentials carry users.read, else the caller's own.
func (s *Server) listEvents(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	if r.caller.account == nil {
		return unimplemented("kiosk mode on", r.URL.Path)
	}
	q := r.URL.Query()
	for name := range q {
		if !slices.Contains([]string{"limit", "offset", "max_id", "actor_id", "action"}, name) {
			return unimplemented("the filter "+name+" on", r.URL.Path)
		}
	}
	limit, refused := between(q, "limit", 50, 1, 200)
	if refused != nil {
		return refused
	}
	offset, refused := between(q, "offset", 0, 0, 1<<31)
	if refused != nil {
		return refused
	}
	newest, refused := between(q, "max_id", int64(len(s.store.events)), 0, 1<<62)
	if refused != nil {
		return refused
	}
	actors := q["actor_id"]
	if all := r.caller.account.Role == model.RoleAdmin && slices.Contains(r.caller.scopes, "users.read"); !all {
		actors = []string{strconv.FormatInt(r.caller.account.ID, 10)}
	}
	page := eventPage{Items: []eventSchema{}, Limit: limit, Offset: offset, MaxID: &newest}
	for i := min(int(newest), len(s.store.events)) - 1; i >= 0; i-- {
		e := s.store.events[i]
		if len(actors) > 0 && !slices.Contains(actors, strconv.FormatInt(e.Actor, 10)) ||
			len(q["action"]) > 0 && !slices.Contains(q["action"], e.Action) {
			continue
		}
		if at := int64(page.Total); at >= offset && at < offset+limit {
			page.Items = append(page.Items, s.store.event(int64(i+1), e))
		}
		page.Total++
	}
	return ok(page)
}

// event is one as it is shown: an account that is gone is null.
func (s *store) event(id int64, e Event) eventSchema {
	const layout = "2006-01-02T15:04:05+00:00"
	security := "security"
	out := eventSchema{ID: id, Action: e.Action, Category: &security, At: e.At.UTC().Format(layout), ActorKind: "anonymous", Data: e.Data}
	if out.Data == nil {
		out.Data = map[string]any{}
	}
	if e.Actor == 0 {
		return out
	}
	out.ActorKind = "user"
	if a := s.users[e.Actor]; a != nil {
		out.Actor = &actorSchema{ID: a.ID, Username: a.Username, Updated: a.updated.UTC().Format(layout)}
		out.ActorName = &a.Username
	}
	return out
}

// between reads a number of the query.
func between(q url.Values, name string, absent, least, most int64) (int64, *answer) {
	text := q.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, invalid(notAnInteger(text, "query", name))
	}
	kind, word, bound := "", "", int64(0)
	switch {
	case n < least:
		kind, word, bound = "greater_than_equal", "greater", least
	case n > most:
		kind, word, bound = "less_than_equal", "less", most
	default:
		return n, nil
	}
	return 0, invalid(fault{
		Type: kind, Loc: []any{"query", name}, Input: text,
		Msg: fmt.Sprintf("Input should be %s than or equal to %d", word, bound), Ctx: map[string]any{kind[:1] + "e": bound},
	})
}
