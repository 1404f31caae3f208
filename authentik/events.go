package authentik

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// The product does not read the log yet: the Logins screen will show it beside
// the companion's record of logins.

const permViewEvent = "authentik_events.view_event"

// Actions of events that concern logins to RomM (docs/authentik.md 4.6). Newer
// servers know more; an action is plain text here.
const (
	ActionAuthorize        = "authorize_application"
	ActionLoginFailed      = "login_failed"
	ActionMappingException = "property_mapping_exception"
	ActionConfiguration    = "configuration_error"
)

// Event is an entry of Authentik's log. The context of an event may hold
// whole expressions and addresses with codes, so only what is named here is
// taken from it (S33).
type Event struct {
	ID       string
	Action   string
	At       time.Time
	UserPK   int64 // 0 if it is nobody's
	Username model.Untrusted
	Email    model.Untrusted
	ClientIP model.Untrusted
	// Application is the name of the one that was signed in to.
	Application model.Untrusted
	// Mapping and Provider are what a configuration error is about.
	Mapping  model.Untrusted
	Provider model.Untrusted
	// Message is Authentik's own sentence, "" if it has none.
	Message model.Untrusted
}

// EventFilter says which events are wanted, newest first.
type EventFilter struct {
	// Actions are exact; none is refused: the whole log is never read.
	Actions []string
	// Username is that of the event's user, or of the one who tried.
	Username string
	// Application is the UUID of an application; it limits ActionAuthorize.
	Application string
	// Since leaves out what is older; the zero time leaves out nothing.
	Since time.Time
	// Limit bounds the answer; 0 is 100, and 1,000 is the most.
	Limit int
}

const (
	defaultEvents = 100
	maxEvents     = 1000
	// maxEventPages bounds the search for one action among others.
	maxEventPages = 50
)

// Events reads the log. More is true when there are older events of the kind
// than the answer holds. Unlike the lists of a reading it is a moving window,
// so a count that changes meanwhile is no fault; an event that is seen twice
// because newer ones pushed it onto the next page counts once.
func (c *Client) Events(ctx context.Context, f EventFilter) (events []Event, more bool, err error) {
	const op = "list events"
	if len(f.Actions) == 0 || f.Limit < 0 || f.Limit > maxEvents {
		return nil, false, &model.Error{
			Code: model.CodeInvalid, Op: op, Msg: fmt.Sprintf("name the actions, and %d events at most", maxEvents), Hint: "ask for fewer",
		}
	}
	if f.Limit == 0 {
		f.Limit = defaultEvents
	}
	seen := map[string]bool{}
	for _, action := range slices.Compact(slices.Sorted(slices.Values(f.Actions))) {
		some, rest, err := c.eventsOf(ctx, action, f, seen)
		if err != nil {
			return nil, false, err
		}
		events, more = append(events, some...), more || rest
	}
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.ID, b.ID))
	})
	if len(events) > f.Limit {
		events, more = events[:f.Limit], true
	}
	return events, more, nil
}

// eventsOf reads the events of one action. The parameter `action` is a
// substring, but the exact one of newer servers is ignored by those before
// 2025.8, which would send everything.
func (c *Client) eventsOf(ctx context.Context, action string, f EventFilter, seen map[string]bool) (out []Event, more bool, err error) {
	k := call{op: "list events", path: "/events/events/", permission: permViewEvent, limit: listLimit, query: url.Values{
		"action": {action}, "ordering": {"-created"}, "page_size": {strconv.Itoa(c.cfg.PageSize)},
	}}
	if f.Username != "" {
		k.query.Set("username", f.Username)
	}
	if f.Application != "" && action == ActionAuthorize {
		// 32 hex digits without dashes (docs/authentik.md 4.6).
		k.query.Set("context_authorized_app", strings.ReplaceAll(strings.ToLower(f.Application), "-", ""))
	}
	for number := 1; number <= maxEventPages; number++ {
		k.query.Set("page", strconv.Itoa(number))
		rows, next, err := c.eventPage(ctx, k)
		if number > 1 && model.CodeOf(err) == model.CodeNotFound {
			return out, false, nil // the log shrank meanwhile
		}
		if err != nil {
			return nil, false, err
		}
		for _, row := range rows {
			e := row.event()
			switch {
			case e.Action != action || seen[e.ID]:
			case e.At.Before(f.Since):
				return out, false, nil
			case len(out) == f.Limit:
				return out, true, nil
			default:
				seen[e.ID] = true
				out = append(out, e)
			}
		}
		if !next {
			return out, false, nil
		}
	}
	return out, true, nil
}

func (c *Client) eventPage(ctx context.Context, k call) (rows []wireEvent, next bool, err error) {
	body, err := c.get(ctx, k)
	if err != nil {
		return nil, false, err
	}
	var p struct {
		Pagination *struct {
			Next float64 `json:"next"`
		} `json:"pagination"`
		Results *[]wireEvent `json:"results"`
	}
	if err := decode(k, body, &p); err != nil {
		return nil, false, err
	}
	if p.Pagination == nil || p.Results == nil {
		return nil, false, notAPI(k, errors.New("pagination or results are missing"))
	}
	for i, row := range *p.Results {
		if row.PK == "" || row.Action == "" || row.Created.IsZero() {
			return nil, false, notAPI(k, fmt.Errorf("row %d has no key, action or time", i+1))
		}
	}
	return *p.Results, p.Pagination.Next > 0, nil
}

type wireEvent struct {
	PK       string                     `json:"pk"`
	Action   string                     `json:"action"`
	Created  time.Time                  `json:"created"`
	ClientIP model.Untrusted            `json:"client_ip"`
	User     map[string]json.RawMessage `json:"user"`
	Context  map[string]json.RawMessage `json:"context"`
}

func (w wireEvent) event() Event {
	e := Event{
		ID: w.PK, Action: w.Action, At: w.Created, ClientIP: w.ClientIP,
		Username: textOf(w.User["username"]), Email: textOf(w.User["email"]),
		Application: named(w.Context["authorized_application"]),
		Mapping:     named(w.Context["mapping"]), Provider: named(w.Context["provider"]),
		Message: textOf(w.Context["message"]),
	}
	if json.Unmarshal(w.User["pk"], &e.UserPK) != nil {
		e.UserPK = 0
	}
	if e.Username == "" || e.Action == ActionLoginFailed {
		// A failed login belongs to nobody yet; the name that was typed counts.
		if typed := textOf(w.Context["username"]); typed != "" {
			e.Username = typed
		}
	}
	return e
}

// textOf reads a text and takes anything else for none.
func textOf(raw json.RawMessage) model.Untrusted {
	var s model.Untrusted
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// named reads the name of an object, or a text.
func named(raw json.RawMessage) model.Untrusted {
	var obj map[string]json.RawMessage
	if json.Unmarshal(raw, &obj) == nil {
		return textOf(obj["name"])
	}
	return textOf(raw)
}
