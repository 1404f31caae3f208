//go:build unix

package rommsql_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// collations are those that RomM's columns may have on MariaDB.
var collations = []string{"utf8mb4_uca1400_ai_ci", "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_unicode_520_ci", "utf8mb4_bin", "utf8mb4_nopad_bin", "utf8mb4_unicode_nopad_ci"}

// testFold compares the keys with what the server answers to RomM's own two
// questions: whether a unique index takes two texts for equal, and whether a
// login with the one finds a row with the other.
func testFold(t *testing.T, w *world) {
	r := w.people(t).all()
	variants := []string{""}
	if w.database == model.DatabaseMariaDB {
		variants = collations
	}
	for _, collation := range variants {
		if collation != "" {
			run(t, r.root, "ALTER TABLE users MODIFY email VARCHAR(255) COLLATE "+collation)
		}
		foldOne(t, w, r, collation)
	}
}

func foldOne(t *testing.T, w *world, r romm, collation string) {
	d := r.open()
	if got, err := d.ReadLinks(t.Context()); err != nil || collation != "" && got.Email != collation || got.Email == "" {
		t.Fatalf("collation %q, want %q, %v", got.Email, collation, err)
	}
	texts := []string{"", " ", "a", "a ", "a\u200b", "a \u200b", "A", "á", "ð", "d", "ß", "ss", "İ", "i", "i\u0307", "Σ", "ς", "σ", "ё", "е", "\uff21", "é@x.org", "e@x.org", "E@X.org  "}
	rng := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("aAbß äÄéèeE\u0301\u200bsSſσΣςİiıIð d1１\u00adＡ☃😀😁'\\")
	for range 200 {
		var b strings.Builder
		for range 1 + rng.IntN(3) {
			b.WriteRune(alphabet[rng.IntN(len(alphabet))])
		}
		texts = append(texts, b.String())
	}
	keys, err := d.Fold(t.Context(), "email", texts)
	if err != nil || len(keys) != len(texts) {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	exact, lower := "SELECT CONVERT(? USING utf8mb4) COLLATE %[1]s = CONVERT(? USING utf8mb4)", "SELECT LOWER(CONVERT(? USING utf8mb4) COLLATE %[1]s) = CONVERT(? USING utf8mb4)"
	exact, lower = fmt.Sprintf(exact, collation), fmt.Sprintf(lower, collation)
	if w.database == model.DatabasePostgreSQL {
		exact, lower = "SELECT $1::text = $2::text", "SELECT lower($1::text) = $2::text"
	}
	equal := 0
	for range 1500 {
		i, j := rng.IntN(len(texts)), rng.IntN(len(texts))
		var same, found bool
		if err := r.root.QueryRowContext(t.Context(), exact, texts[i], texts[j]).Scan(&same); err != nil {
			t.Fatal(err)
		}
		if err := r.root.QueryRowContext(t.Context(), lower, texts[i], texts[j]).Scan(&found); err != nil {
			t.Fatal(err)
		}
		if same && i != j {
			equal++
		}
		if same != (keys[i].Exact == keys[j].Exact) || found != (keys[i].Lower == keys[j].Exact) {
			t.Errorf("%s: %q and %q: equal %v, found %v; keys %+q and %+q", collation, texts[i], texts[j], same, found, keys[i], keys[j])
		}
	}
	if equal == 0 {
		t.Errorf("%s: no two texts were equal", collation)
	}
	// What cannot be stored equals itself alone, and many are asked in one go.
	odd := []string{"\xffa", "a", "\xffa"}
	if w.database == model.DatabasePostgreSQL {
		odd = append(odd, "a\x00")
	}
	keys, err = d.Fold(t.Context(), "email", odd)
	if err != nil || keys[0] != keys[2] || keys[0].Exact == keys[1].Exact || keys[0].Lower == keys[1].Lower || len(odd) > 3 && keys[3].Exact == keys[1].Exact {
		t.Errorf("%+q, %v", keys, err)
	}
}
