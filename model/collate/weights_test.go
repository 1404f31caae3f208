package collate

import (
	"crypto/md5" // as the server does; nothing is to be kept secret
	"database/sql"
	"encoding/hex"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/romm-admin/romm-admin/db/sqltest"
)

var update = flag.Bool("update", false, "write the weights that the server gives")

var collations = [PostgreSQL]string{
	UCA1400: "utf8mb4_uca1400_ai_ci", General: "utf8mb4_general_ci", Unicode: "utf8mb4_unicode_ci",
}

// TestWeights holds the data to what a real MariaDB gives as weight of every code
// point; with -update it writes the data, and looks for the sequences.
func TestWeights(t *testing.T) {
	server := sqltest.MariaDB(t)
	for rule, name := range collations {
		t.Run(name, func(t *testing.T) {
			db := server.Open(t, "")
			s := serverWeights{t: t, db: db, collation: name, implicit: 8}
			if Rule(rule) == General {
				s.implicit = 4
			}
			s.read()
			file := "data/" + name + ".tsv"
			if *update {
				s.findSequences()
			} else {
				s.knownSequences(file)
			}
			want := s.data()
			if *update {
				if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			got, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != want {
				t.Errorf("%s is not what the server says: go generate ./model/collate", file)
			}
		})
	}
}

// serverWeights are weights in hexadecimal digits, by the text that has them.
type serverWeights struct {
	t         *testing.T
	db        *sql.DB
	collation string
	implicit  int // digits of an implicit weight, which begins with FB
	points    []string
	lowered   map[rune]string // where LOWER() changes the weight
	sequences map[string]string
}

// read asks for all code points, a few thousand a time.
func (s *serverWeights) read() {
	s.points, s.lowered, s.sequences = make([]string, unicode.MaxRune+1), map[rune]string{}, map[string]string{}
	const step = 1 << 14
	for first := rune(0); first <= unicode.MaxRune; first += step {
		s.readRange(first, first+step-1)
	}
}

func (s *serverWeights) readRange(first, last rune) {
	rows, err := s.db.QueryContext(s.t.Context(), fmt.Sprintf(`SELECT seq, HEX(WEIGHT_STRING(c)), HEX(WEIGHT_STRING(LOWER(c)))
		FROM (SELECT seq, CONVERT(CHAR(seq USING utf32) USING utf8mb4) COLLATE %s AS c FROM test.seq_%d_to_%d) AS chars
		WHERE seq NOT BETWEEN 55296 AND 57343`, s.collation, first, last))
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // only read
	for rows.Next() {
		var r rune
		var weight, lowered string
		if err := rows.Scan(&r, &weight, &lowered); err != nil {
			s.t.Fatal(err)
		}
		s.points[r] = weight
		if weight != lowered {
			s.lowered[r] = lowered
		}
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
}

// sum is what the server should say of text if there were no sequences but the
// pairs that are known.
func (s *serverWeights) sum(text string) string {
	var b strings.Builder
	points := []rune(text)
	for i := 0; i < len(points); i++ {
		if w, ok := s.sequences[string(points[i:min(i+2, len(points))])]; ok {
			b.WriteString(w)
			i++
		} else {
			b.WriteString(s.points[points[i]])
		}
	}
	bytes, err := hex.DecodeString(b.String())
	if err != nil {
		s.t.Fatal(err)
	}
	sum := md5.Sum(bytes)
	return hex.EncodeToString(sum[:])
}

func (s *serverWeights) ask(function, text string) (answer string) {
	query := fmt.Sprintf("SELECT %s(WEIGHT_STRING(CONVERT(0x%x USING utf8mb4) COLLATE %s))", function, text, s.collation)
	if err := s.db.QueryRowContext(s.t.Context(), query).Scan(&answer); err != nil {
		s.t.Fatal(err)
	}
	return answer
}

// knownSequences asks for the sequences that the data has.
func (s *serverWeights) knownSequences(file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, members := range lines(string(data)) {
		for _, m := range members {
			if strings.Contains(m, "+") {
				s.sequences[text(m)] = s.ask("HEX", text(m))
			}
		}
	}
}

// findSequences looks for sequences of two and three whose weight is not that of
// their code points. In root collations a sequence stays within one script, or
// ends in a mark that is combined with many, so that not all pairs need asking.
func (s *serverWeights) findSequences() {
	common := []rune{0xb7, 0x387}
	for r := rune(0x300); r < 0x370; r++ {
		common = append(common, r)
	}
	tails := map[rune]bool{}
	var heads []rune
	for first := rune(0); first <= unicode.MaxRune; first += 256 {
		page := s.page(first)
		for _, head := range page {
			found := s.search(string(head), append(page, common...))
			for _, tail := range found {
				tails[tail] = true
			}
			if len(found) > 0 {
				heads = append(heads, head)
			}
		}
	}
	for _, head := range heads {
		var near []rune
		for _, tail := range slices.Sorted(maps.Keys(tails)) {
			if tail>>8 == head>>8 || tail>>8 == 3 {
				near = append(near, tail)
			}
		}
		for _, second := range near {
			s.search(string(head)+string(second), near)
		}
	}
}

// page lists the code points from first on that may be part of a sequence: not
// those whose weight is their number.
func (s *serverWeights) page(first rune) (list []rune) {
	for r := first; r < first+256; r++ {
		w := s.points[r]
		if (0xd800 > r || r > 0xdfff) && w != "FFFD" && !(len(w) == 8 && strings.HasPrefix(w, "FB")) {
			list = append(list, r)
		}
	}
	return list
}

// search returns the tails that make a sequence after head, and keeps them.
func (s *serverWeights) search(head string, tails []rune) (found []rune) {
	if len(tails) == 0 {
		return nil
	}
	var b strings.Builder
	for _, tail := range tails {
		b.WriteString(head + string(tail))
	}
	switch {
	case s.ask("MD5", b.String()) == s.sum(b.String()):
	case len(tails) > 1:
		half := len(tails) / 2
		found = append(s.search(head, tails[:half]), s.search(head, tails[half:])...)
	default:
		s.sequences[b.String()] = s.ask("HEX", b.String())
		found = tails
	}
	return found
}

func (s *serverWeights) units(weights string) (units []string) {
	for weights != "" {
		n := 4
		if strings.HasPrefix(weights, "FB") {
			n = s.implicit
		}
		units = append(units, weights[:n])
		weights = weights[n:]
	}
	return units
}

// data is the file: of the code points those whose weight another one has, too,
// alone or within several.
func (s *serverWeights) data() string {
	uses := map[string]int{}
	count := func(weights string) {
		units := s.units(weights)
		slices.Sort(units)
		for _, u := range slices.Compact(units) {
			uses[u]++
		}
	}
	for _, w := range s.points {
		count(w)
	}
	for _, w := range s.sequences {
		count(w)
	}
	for _, w := range s.lowered {
		count(w)
	}
	members, order := map[string][]string{}, []string{}
	put := func(weights, member string) {
		if members[weights] == nil {
			order = append(order, weights)
		}
		members[weights] = append(members[weights], member)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		w := s.points[r]
		if 0xd800 <= r && r <= 0xdfff || len(w) > 0 && len(s.units(w)) == 1 && uses[w] == 1 {
			continue
		}
		last := r
		for last < unicode.MaxRune && s.points[last+1] == w && last+1 != 0xd800 {
			last++
		}
		if last > r {
			put(w, fmt.Sprintf("%X-%X", r, last))
		} else {
			put(w, fmt.Sprintf("%X", r))
		}
		r = last
	}
	texts := make([]string, 0, len(s.sequences))
	for q := range s.sequences {
		texts = append(texts, q)
	}
	slices.Sort(texts)
	for _, q := range texts {
		for _, u := range s.units(s.sequences[q]) {
			if members[u] == nil {
				s.t.Fatalf("%+q has the weight %s, which no code point has alone", q, u)
			}
		}
		put(s.sequences[q], strings.ReplaceAll(strings.Trim(fmt.Sprintf("%X", []rune(q)), "[]"), " ", "+"))
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if w, ok := s.lowered[r]; ok {
			put("lower "+w, fmt.Sprintf("%X", r))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s as MariaDB weighs it: go generate ./model/collate\n", s.collation)
	for _, w := range order {
		fmt.Fprintf(&b, "%s\t%s\n", w, strings.Join(members[w], " "))
	}
	return b.String()
}
