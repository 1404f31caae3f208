// Package companion is the HTTP server that runs beside RomM. At each login
// Authentik's scope mapping asks it which roles a person gets; it answers from
// the role map in SQLite as it is at that moment. It holds no token of
// Authentik or RomM and never writes the role map.
package companion

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// Roles gives the role map as committed when the call began. With an error it
// gives the last good copy; the zero Snapshot means that there is none.
type Roles interface {
	Current(ctx context.Context) (db.Snapshot, error)
}

// Recorder keeps the record of logins, as [db.DB] does.
type Recorder interface {
	RecordLogins(ctx context.Context, logins []db.Login) error
	PruneLogins(ctx context.Context) (more bool, err error)
}

// Config wires a server. Everything but LogLost is needed.
type Config struct {
	Roles    Roles
	Recorder Recorder
	// Key is the provider's client secret, which signs the requests
	// (OIDC_CLIENT_SECRET).
	Key model.Secret
	// Settings say which word in the claim means which role.
	Settings model.Settings
	Log      *slog.Logger
	// LogLost counts the lines of Log that were lost; nil means that none can be.
	LogLost func() int64
	Now     func() time.Time
}

// The limits of the server: it answers while a person waits to sign in.
const (
	maxBody      = 64 << 10
	headerWait   = 5 * time.Second
	requestWait  = 10 * time.Second
	idleWait     = 2 * time.Minute
	shutdownWait = 5 * time.Second
)

// Server answers requests. Make it with [New], run it with [Server.Serve].
type Server struct {
	Config
	queue  *queue
	nonces nonces
	// withheld is why no admin is granted, forgetful why the role map cannot be
	// remembered, as of the last question; "" when all is well.
	withheld, forgetful state
}

// state is a text that is told when it becomes another one.
type state struct{ text atomic.Pointer[string] }

func (s *state) String() string {
	if text := s.text.Load(); text != nil {
		return *text
	}
	return ""
}

// become returns true if that is new.
func (s *state) become(err error) bool {
	text := ""
	if err != nil {
		text = model.Clean(err.Error())
	}
	before := s.text.Swap(&text)
	return before == nil && text != "" || before != nil && *before != text
}

// New returns a server that has not started.
func New(cfg Config) (*Server, error) {
	if cfg.Key == "" {
		return nil, &model.Error{
			Code: model.CodeInvalid, Msg: "the companion has no key to check signatures with",
			Hint: "set OIDC_CLIENT_SECRET (or OIDC_CLIENT_SECRET_FILE) to the client secret of RomM's provider in Authentik",
		}
	}
	return &Server{Config: cfg, queue: newQueue(cfg.Recorder, cfg.Log, cfg.Now)}, nil
}

// Serve answers on the listener until ctx ends, then drains: requests in
// flight are answered and the login record is written out.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	srv := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerWait, ReadTimeout: requestWait, WriteTimeout: requestWait, IdleTimeout: idleWait,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn),
	}
	recorded := make(chan struct{})
	go func() {
		defer close(recorded)
		s.queue.run()
	}()
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	var err error
	select {
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownWait)
		err = srv.Shutdown(drain)
		cancel()
		// Then the listener is closed, also if it was not served yet.
		if ended := <-failed; err == nil {
			err = ended
		}
	case err = <-failed:
	}
	s.queue.close()
	<-recorded
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Handler returns the routes.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/claims", s.handle(s.claims))
	mux.Handle("GET /healthz", s.handle(s.healthz))
	mux.Handle("GET /readyz", s.handle(s.readyz))
	return mux
}

// handle is the one place that turns errors into answers and log lines.
func (s *Server) handle(fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := fn(w, r)
		if err == nil {
			return
		}
		status := statusOf(err)
		level := slog.LevelWarn
		if status >= 500 {
			level = slog.LevelError
		}
		s.Log.Log(r.Context(), level, "refused", "path", r.URL.Path, "status", status, "error", err.Error())
		problem := struct {
			Error string `json:"error"`
			Hint  string `json:"hint,omitempty"`
		}{Error: "internal error"}
		var e *model.Error
		if errors.As(err, &e) { // causes stay in the log
			problem.Error, problem.Hint = model.Clean(e.Msg), model.Clean(e.Hint)
		}
		reply(w, status, problem)
	})
}

func statusOf(err error) int {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	switch model.CodeOf(err) {
	case model.CodeInvalid:
		return http.StatusBadRequest
	case model.CodeUnauthorized:
		return http.StatusUnauthorized
	case model.CodeUnavailable:
		return http.StatusServiceUnavailable
	case model.CodeNotFound:
		return http.StatusNotFound
	case model.CodeForbidden, model.CodeRefused, model.CodeConflict, model.CodeBusy,
		model.CodePartial, model.CodeUnknown, model.CodeNothing, model.CodeInternal:
	}
	return http.StatusInternalServerError
}

// reply writes JSON. A client that has gone away is not an error of ours.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// current asks for the role map, and says in the log what is wrong with it when
// that changes.
func (s *Server) current(ctx context.Context) (db.Snapshot, error) {
	snap, err := s.Roles.Current(ctx)
	why := err
	if why == nil {
		why = snap.Doubt
	}
	switch news := s.withheld.become(why); {
	case news && why == nil:
		s.Log.Info("admin is granted again")
	case news:
		s.Log.Error("no admin is granted", "reason", why.Error(), "hint", model.HintOf(why))
	}
	if s.forgetful.become(snap.Forgetful) && snap.Forgetful != nil {
		s.Log.Warn("the role map cannot be remembered, so an old copy of the file may not be noticed", "error", snap.Forgetful.Error())
	}
	return snap, err
}

// healthz says that the process runs, whether it lost login records or lines of
// its log, and why it granted no admin when it was asked last.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	lines := int64(0)
	if s.LogLost != nil {
		lines = s.LogLost()
	}
	out := map[string]any{"status": "ok", "login_records_lost": s.queue.lost.Load(), "log_lines_lost": lines}
	if why := s.withheld.String(); why != "" {
		out["admin_withheld"] = why
	}
	reply(w, http.StatusOK, out)
	return nil
}

// readyz says whether the role map can be read, and whether it is believed.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	snap, err := s.current(r.Context())
	if err != nil {
		return unreadable(err)
	}
	out := map[string]any{"status": "ok", "generation": snap.Map.Generation, "rows": len(snap.Map.Rows)}
	if snap.Doubt != nil {
		out["status"], out["admin_withheld"], out["hint"] = "no admin", model.Clean(snap.Doubt.Error()), model.Clean(model.HintOf(snap.Doubt))
	}
	reply(w, http.StatusOK, out)
	return nil
}

// doubted is the answer to an admin while the role map is not believed.
func doubted(why error) error {
	return &model.Error{
		Code: model.CodeUnavailable, Msg: "the role map is not believed, so no admin role is served",
		Hint: "see the companion's log, `romm-admin check`, and `romm-admin roles trust`", Err: why,
	}
}

func unreadable(err error) error {
	return &model.Error{
		Code: model.CodeUnavailable, Msg: "the role map cannot be read",
		Hint: "see the companion's log; no admin role is served until it can", Err: err,
	}
}
