package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		local, localMail, idp, idpName, idpMail string
		want                                    bool
	}{
		{"bob.baker", "", "bob_baker", "", "", true},
		{"bbaker", "", "robert", "Bob Baker", "", true},
		{"bobby", "bob.baker@old.org", "b17", "", "bob.baker@x.org", true},
		{"retro-bob", "", "retrobob", "", "", true},
		{"Bob Baker", "", "bobb", "Bob Baker", "", true},
		{"alexandra", "", "alexander", "", "", true},
		{"ann", "", "joe", "Joe Doe", "joe@x.org", false},
		{"admin", "", "akadmin", "authentik Default Admin", "root@x.org", true},
		{"yolanda", "yolanda@x.org", "zach", "Zach Brown", "zach@x.org", false},
		{"---", "", "___", "", "", false},
	} {
		w := testWorld()
		w.local(c.local, c.localMail, RoleUser)
		id := w.identity(c.idp, c.idpMail, gUsers)
		id.Name = Untrusted(c.idpName)
		got := Judge(w).Suggestions()[1]
		if (len(got) == 1 && got[0].PK == 1 && got[0].Why != "" && got[0].Score <= 1) != c.want {
			t.Errorf("%s and %s (%s): %+v", c.local, c.idp, c.idpName, got)
		}
	}
}

// BenchmarkSuggest scores 1,000 accounts against 1,000 Authentik users, none
// of whom pair.
func BenchmarkSuggest(b *testing.B) {
	w := testWorld()
	first := strings.Fields("ada ben cleo dan eva finn gil hana ines jon kaya lars mia nils omar pia raj suki tom vera")
	last := strings.Fields("abbott bauer costa dietz evans fuchs garcia holm ito jansen klein lopez moser novak olsen park quist rossi sato tran")
	for i := range 1000 {
		f, l := first[i%20], last[i/20%20]
		w.local(fmt.Sprintf("%s-%s-%d", l, f, i), "", RoleUser)
		w.identity(fmt.Sprintf("%s.%s%d", f, l, i), fmt.Sprintf("%s%d@x.org", f, i), gUsers).Name = Untrusted(f + " " + l)
	}
	r := Judge(w)
	b.ReportAllocs()
	for b.Loop() {
		if len(r.Suggestions()) == 0 {
			b.Fatal("nothing suggested")
		}
	}
}

func TestPath(t *testing.T) {
	m := NewMemberships([]Group{
		{ID: "a"}, {ID: "b", Parents: []GroupID{"a", "c"}}, {ID: "c", Parents: []GroupID{"b"}}, {ID: "d", Parents: []GroupID{"b"}},
	})
	for _, c := range []struct {
		direct []GroupID
		target GroupID
		want   []GroupID
	}{
		{[]GroupID{"d"}, "a", []GroupID{"d", "b", "a"}},
		{[]GroupID{"d", "b"}, "a", []GroupID{"b", "a"}},
		{[]GroupID{"a"}, "a", []GroupID{"a"}},
		{[]GroupID{"a"}, "d", nil},
		{nil, "a", nil},
		{[]GroupID{"c"}, "zz", nil}, // a ring of parents ends
	} {
		if got := m.Path(c.direct, c.target); !slices.Equal(got, c.want) {
			t.Errorf("from %v to %s: %v, want %v", c.direct, c.target, got, c.want)
		}
	}
}
