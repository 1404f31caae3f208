package collate

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/db/sqltest"
)

// TestServers asks real servers which of many random pairs of texts are equal,
// in the three ways that texts are compared. It proves the rules together with
// the order of characters, sequences and trailing blanks.
func TestServers(t *testing.T) {
	maria := sqltest.MariaDB(t)
	for rule, name := range collations {
		t.Run(name, func(t *testing.T) {
			text := func(column string) string {
				return fmt.Sprintf("CONVERT(%s USING utf8mb4) COLLATE %s", column, name)
			}
			query := "WITH pairs (i, a, b, p) AS (VALUES %s) SELECT LOWER(" + text("a") + ") = " + text("p") + ", " +
				text("a") + " = " + text("b") + " FROM pairs ORDER BY i"
			compare(t, maria.Open(t, ""), Rule(rule), query, "(%d,0x%x,0x%x,0x%x)")
		})
	}
	t.Run("postgresql", func(t *testing.T) {
		// The result of convert_from has the collation of its second argument.
		query := "SELECT lower(convert_from(a, 'UTF8') COLLATE \"default\") = convert_from(p, 'UTF8'), a = b FROM (VALUES %s) AS pairs (i, a, b, p) ORDER BY i"
		compare(t, sqltest.PostgreSQL(t).Open(t, "postgres"), PostgreSQL, query, `(%d,'\x%x'::bytea,'\x%x'::bytea,'\x%x'::bytea)`)
	})
}

// compare asks about 100,000 pairs, a thousand a time. The server lower-cases
// what is stored; what is looked for has gone through Python.
func compare(t *testing.T, db *sql.DB, rule Rule, query, row string) {
	const batch, batches = 1000, 100
	g := newPairs(rule)
	found := map[string]int{}
	for range batches {
		pairs, rows := make([][2]string, batch), make([]string, batch)
		for i := range pairs {
			pairs[i] = g.pair()
			rows[i] = fmt.Sprintf(row, i, pairs[i][0], pairs[i][1], appendPython(nil, pairs[i][1]))
		}
		for i, equal := range answers(t, db, fmt.Sprintf(query, strings.Join(rows, ","))) {
			looked, unique := equal[0], equal[1]
			a, b := pairs[i][0], pairs[i][1]
			column, lookup := string(rule.AppendColumn(nil, a)), string(rule.AppendLookup(nil, b))
			if ours := column == lookup; ours != looked {
				t.Errorf("%+q looked for as %+q: ours %v, the server's %v (%+q, %+q)", a, b, ours, looked, column, lookup)
			}
			first, second := string(rule.AppendUnique(nil, a)), string(rule.AppendUnique(nil, b))
			if ours := first == second; ours != unique {
				t.Errorf("%+q unique beside %+q: ours %v, the server's %v (%+q, %+q)", a, b, ours, unique, first, second)
			}
			found[fmt.Sprintf("looked up: %v", looked)]++
			found[fmt.Sprintf("unique: %v", unique)]++
			found["pairs"]++
		}
		if t.Failed() {
			return
		}
	}
	t.Log(found)
	if found["pairs"] != batch*batches || found["looked up: true"] < batch || found["looked up: false"] < batch || found["unique: true"] < batch {
		t.Error("too few of a kind")
	}
}

// answers are the server's, of each pair whether a look-up finds it and whether a
// unique index takes it for one.
func answers(t *testing.T, db *sql.DB, query string) (all [][2]bool) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // only read
	for rows.Next() {
		var equal [2]bool
		if err := rows.Scan(&equal[0], &equal[1]); err != nil {
			t.Fatal(err)
		}
		all = append(all, equal)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// pairs makes texts out of what the rule's table takes for equal.
type pairs struct {
	*rand.Rand
	classes [][]string
	common  []string // what people type, and what is easily got wrong
}

func newPairs(rule Rule) *pairs {
	g := &pairs{Rand: rand.New(rand.NewPCG(1, uint64(rule)))}
	data, ok := map[Rule]string{General: general, Unicode: unicodeCI}[rule]
	if !ok {
		data = uca1400 // whose letters are used for PostgreSQL, too
	}
	for _, members := range lines(data) {
		var class []string
		for _, m := range members {
			if strings.Contains(m, "+") {
				class = append(class, text(m))
				continue
			}
			first, last := codePoints(m)
			for r := first; r <= min(last, first+300); r++ {
				if r != 0 { // PostgreSQL cannot store it
					class = append(class, string(r))
				}
			}
		}
		g.classes = append(g.classes, class)
	}
	g.common = strings.Split("a b C K k i I İ ı ß ss ẞ σ ς Σ Σ. Σ' ʼ é É e ё Е fi ﬁ æ ae @ . 1 ١ и й \u0306 l· · 安 안 한 각 😀 \ue000", " ")
	g.common = append(g.common, " ", "  ", "\u00a0", "\u200b", "\t", "\u3000", "\u0301", "\x01")
	return g
}

// pair returns a text and a variant of it: most are equal to some rule.
func (g *pairs) pair() (p [2]string) {
	for range 1 + g.IntN(5) {
		class := g.classes[g.IntN(len(g.classes))]
		if g.IntN(3) > 0 {
			class = g.common
		}
		one := class[g.IntN(len(class))]
		two := one
		switch g.IntN(6) {
		case 0:
			two = strings.ToUpper(one)
		case 1:
			two = strings.ToLower(one)
		case 2:
			if g.IntN(3) == 0 {
				two = class[g.IntN(len(class))]
			}
		case 3:
			two = g.alike(one)
		case 4:
			ignored := g.classes[0]
			two += ignored[g.IntN(len(ignored))]
		}
		p[0] += one
		p[1] += two
	}
	for i := range p {
		if g.IntN(5) == 0 {
			p[i] += g.common[len(g.common)-1-g.IntN(8)]
		}
	}
	return p
}

// alike returns another member of the class.
func (g *pairs) alike(s string) string {
	class := g.classes[g.IntN(len(g.classes))]
	for _, c := range g.classes {
		for _, m := range c[:min(40, len(c))] {
			if m == s {
				class = c
			}
		}
	}
	return class[g.IntN(len(class))]
}
