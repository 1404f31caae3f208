package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/companion"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
)

// startCompanion serves the world's own companion, on the file that the
// console writes, so that a role changed in the console is what the made-up
// Authentik sends.
func (w *World) startCompanion(ctx context.Context, o Options) (url string, err error) {
	store, err := db.Open(ctx, o.DB, db.Options{Now: o.Now})
	if err != nil {
		return "", err
	}
	w.closers = append(w.closers, store.Close)
	cache, err := db.NewRoleCache(ctx, store)
	if err != nil {
		return "", err
	}
	w.closers = append(w.closers, cache.Close)
	srv, err := companion.New(companion.Config{
		Roles: cache, Recorder: store, Key: clientSecret, Now: o.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return "", err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan error, 1)
	go func() { done <- srv.Serve(life, l) }()
	w.closers = append(w.closers, func() error { stop(); return <-done })
	return "http://" + l.Addr().String(), nil
}

// asker asks the companion as the scope mapping does, but for the 1.5 s that
// the mapping waits: the world stays the same on a machine that is busy.
func asker(ctx context.Context, url string, now func() time.Time) authentiktest.RolesFunc {
	client := &http.Client{Timeout: time.Minute}
	ctx = context.WithoutCancel(ctx) // asked for as long as the world stands
	return func(uid string, groups []string) ([]string, error) {
		var nonce [16]byte
		_, _ = rand.Read(nonce[:]) // never fails
		q := companion.Request{Version: 1, Purpose: "preview", UID: uid, At: now().Unix(), Nonce: hex.EncodeToString(nonce[:])}
		for _, g := range groups {
			q.Groups = append(q.Groups, companion.RequestGroup{PK: model.GroupID(g)})
		}
		body, err := json.Marshal(q)
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/claims", bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header.Set(companion.SignatureHeader, companion.Sign(clientSecret, body))
		resp, err := client.Do(req)
		if err != nil {
			return nil, err
		}
		var a companion.Answer
		err = json.NewDecoder(resp.Body).Decode(&a)
		if err := errors.Join(err, resp.Body.Close()); err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("the companion answered %d", resp.StatusCode)
		}
		return a.Roles, nil
	}
}
