package model

import (
	"fmt"
	"strings"
	"testing"
)

// crowd is n people on both sides: 99 of 100 match by address, one in five in
// another letter case; the rest match by username.
func crowd(n int) World {
	w := testWorld()
	for i := range n {
		name := fmt.Sprintf("user%d", i)
		mail := name + "@example.org"
		local := mail
		switch {
		case i%100 == 0:
			local = "old-" + mail
		case i%5 == 0:
			mail = strings.ToUpper(mail[:1]) + mail[1:]
		}
		w.local(name, local, RoleUser)
		w.identity(name, mail, gUsers)
	}
	return w
}

// BenchmarkReconcile pairs 100,000 accounts with 100,000 Authentik users: ours,
// and a plain two-map join that folds nothing and so gives a wrong result.
func BenchmarkReconcile(b *testing.B) {
	w := crowd(100_000)
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if p := pair(&w); p.localOf[0] < 0 {
				b.Fatal("not paired")
			}
		}
	})
	b.Run("floor", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if n := plainJoin(&w); n == 0 {
				b.Fatal("not joined")
			}
		}
	})
}

func plainJoin(w *World) int {
	byEmail := make(map[string]int, len(w.Locals))
	byName := make(map[string]int, len(w.Locals))
	for i, u := range w.Locals {
		byEmail[u.Email.Raw()] = i
		byName[u.Username.Raw()] = i
	}
	out := make([]int, len(w.Directory.Identities))
	n := 0
	for i, id := range w.Directory.Identities {
		u, ok := byEmail[id.Email.Raw()]
		if !ok {
			u, ok = byName[id.Username.Raw()]
		}
		if ok {
			out[i] = u
			n++
		}
	}
	return n
}

// BenchmarkJudge is the whole review of 10,000 people.
func BenchmarkJudge(b *testing.B) {
	w := crowd(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if r := Judge(w); len(r.Pairs) != 10_000 {
			b.Fatal(len(r.Pairs))
		}
	}
}
