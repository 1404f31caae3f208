package authentiktest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// FaultKind is a way in which a conversation goes wrong.
type FaultKind string

// The faults. Before and after are about the effect of a write: after means
// that it has been made and the client does not learn of it.
const (
	FaultSlow          FaultKind = "slow"           // answers once Fault.Hold returns
	FaultTimeoutBefore FaultKind = "timeout before" // no answer until the client gives up
	FaultTimeoutAfter  FaultKind = "timeout after"
	FaultBusy          FaultKind = "429"         // with Retry-After, before the effect
	FaultError         FaultKind = "500"         // before the effect
	FaultErrorAfter    FaultKind = "500 after"   // after it
	FaultCrash         FaultKind = "405 html"    // what a POST that crashes inside Authentik gets, before the effect
	FaultGateway       FaultKind = "502 html"    // a proxy's page, after the effect
	FaultTruncated     FaultKind = "truncated"   // half of the JSON, after the effect
	FaultWrongTypes    FaultKind = "wrong types" // texts for numbers and the reverse, after the effect
	FaultReset         FaultKind = "reset"       // connection reset, before the effect
	FaultResetAfter    FaultKind = "reset after"
	FaultCount         FaultKind = "changed count"   // pages after the first announce one row more
	FaultDuplicate     FaultKind = "duplicate row"   // pages after the first repeat a row of the first
	FaultDenied        FaultKind = "403"             // the permission is taken away
	FaultLoginPage     FaultKind = "login page"      // 200 with HTML, before the effect
	FaultEmptyObject   FaultKind = "an empty object" // {} after the effect
)

// Faults lists all of them.
func Faults() []FaultKind {
	return []FaultKind{
		FaultSlow, FaultTimeoutBefore, FaultTimeoutAfter, FaultBusy, FaultError, FaultErrorAfter, FaultCrash, FaultGateway, FaultTruncated,
		FaultWrongTypes, FaultReset, FaultResetAfter, FaultCount, FaultDuplicate, FaultDenied, FaultLoginPage, FaultEmptyObject,
	}
}

// Fault says which calls go wrong, and how.
type Fault struct {
	Kind FaultKind
	// Call is a method and a path as in the OpenAPI document, such as
	// "PATCH /core/users/{id}/", or "discovery".
	Call string
	// Times is how often; 0 is every time.
	Times int
	// Hold is what a FaultSlow waits for; it must return when the context
	// ends.
	Hold func(context.Context)
	// RetryAfter is what a FaultBusy asks for; 0 leaves it out.
	RetryAfter time.Duration
}

// Inject lets calls go wrong from now on. Of several faults for one call the
// first that is not used up strikes.
func (s *Server) Inject(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &fault{Fault: f})
}

type fault struct {
	Fault
	struck int
}

// Calls returns how often each call was made, with its method and path as in
// the OpenAPI document.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.calls))
	for name, n := range s.calls {
		out[name] = n
	}
	return out
}

// Effects returns how often a write of each kind was really made.
func (s *Server) Effects() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.effects))
	for name, n := range s.effects {
		out[name] = n
	}
	return out
}

// strike counts the call and returns the fault that it meets, if any.
func (s *Server) strike(name string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[name]++
	for _, f := range s.faults {
		if f.Call == name && (f.Times == 0 || f.struck < f.Times) {
			f.struck++
			return f.Fault, true
		}
	}
	return Fault{}, false
}

// faulty puts the faults before and after a handler.
func (s *Server) faulty(name string, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f, struck := s.strike(name)
		if !struck {
			next(w, r)
			return
		}
		switch f.Kind {
		case FaultSlow:
			if f.Hold != nil {
				f.Hold(r.Context())
			}
			next(w, r)
		case FaultTimeoutBefore:
			<-r.Context().Done()
		case FaultReset:
			panic(http.ErrAbortHandler)
		case FaultBusy:
			if f.RetryAfter > 0 {
				w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter/time.Second)))
			}
			write(w, problem(http.StatusTooManyRequests, "Request was throttled."))
		case FaultError:
			write(w, problem(http.StatusInternalServerError, "Internal Server Error"))
		case FaultCrash:
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusMethodNotAllowed)
		case FaultDenied:
			write(w, notAllowed())
		case FaultLoginPage:
			page(w, http.StatusOK)
		default:
			s.afterwards(f, w, r, next)
		}
	}
}

func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = w.Write([]byte("<html><body>proxy</body></html>"))
}

// afterwards lets the handler do its work and spoils the answer.
func (s *Server) afterwards(f Fault, w http.ResponseWriter, r *http.Request, next http.HandlerFunc) {
	a := &answer{header: http.Header{}}
	next(a, r)
	switch f.Kind {
	case FaultTimeoutAfter:
		<-r.Context().Done()
		return
	case FaultResetAfter:
		panic(http.ErrAbortHandler)
	case FaultGateway:
		page(w, http.StatusBadGateway)
		return
	case FaultErrorAfter:
		write(w, problem(http.StatusInternalServerError, "Internal Server Error"))
		return
	default:
	}
	data := a.body.Bytes()
	switch f.Kind {
	case FaultTruncated:
		data = data[:len(data)/2]
	case FaultEmptyObject:
		data = []byte("{}")
	case FaultWrongTypes:
		data = edit(data, func(v any) any { return swapTypes(v) })
	case FaultCount, FaultDuplicate:
		data = s.spoilPage(f.Kind, data, r, next)
	default:
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(max(a.status, http.StatusOK))
	_, _ = w.Write(data)
}

func edit(data []byte, change func(any) any) []byte {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return data // an answer without a body stays one
	}
	out, err := json.Marshal(change(v))
	if err != nil {
		return data
	}
	return out
}

func swapTypes(v any) any {
	switch v := v.(type) {
	case string:
		return 5
	case json.Number:
		return "five"
	case bool:
		return "yes"
	case []any:
		for i := range v {
			v[i] = swapTypes(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = swapTypes(v[name])
		}
	}
	return v
}

// spoilPage changes pages after the first; there is nothing to change in
// others.
func (s *Server) spoilPage(kind FaultKind, data []byte, r *http.Request, next http.HandlerFunc) []byte {
	q := r.URL.Query()
	if number := q.Get("page"); number == "" || number == "1" {
		return data
	}
	if kind == FaultCount {
		return edit(data, func(v any) any {
			if p, is := v.(map[string]any)["pagination"].(map[string]any); is {
				n, _ := p["count"].(json.Number).Int64()
				p["count"] = n + 1
			}
			return v
		})
	}
	q.Set("page", "1")
	again := r.Clone(r.Context())
	again.URL.RawQuery = q.Encode()
	first := &answer{header: http.Header{}}
	next(first, again)
	var p struct{ Results []any }
	_ = json.Unmarshal(first.body.Bytes(), &p) // our own answer
	return edit(data, func(v any) any {
		if rows, is := v.(map[string]any)["results"].([]any); is && len(rows) > 0 && len(p.Results) > 0 {
			rows[0] = p.Results[len(p.Results)-1]
		}
		return v
	})
}

// callName is the name of an implemented operation.
func callName(e endpoint) string { return strings.Join([]string{e.Method, e.Path}, " ") }

// Heal takes all faults away.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}
