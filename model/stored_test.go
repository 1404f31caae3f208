package model

import (
	"encoding/json"
	"testing"
)

// What the databases make of values that are not text: as recorded with RomM
// 5.2.0 as far as "seen" says so, the others by the drivers' own rules.
func TestDatabaseText(t *testing.T) {
	t.Parallel()
	const refused = "refused"
	for value, want := range map[string][2]string{ // MariaDB, PostgreSQL
		`4711`: {"4711", "4711"}, `true`: {"1", "true"}, `false`: {"0", "false"}, // seen
		`0.5`: {"0.5", "0.5"}, `3.0`: {"3", "3"}, `0.0`: {"0", "0"}, // seen
		`12345678901234567890123`:  {"18446744073709551615", "12345678901234567890123"}, // seen
		`["bob"]`:                  {"['bob']", "{bob}"},                                // seen
		`[]`:                       {"[]", "{}"},                                        // seen
		`[[],"0"]`:                 {"[[], '0']", "{{},0}"},                             // seen
		`[[],null]`:                {"[[], None]", "{{},NULL}"},                         // seen
		`[[false]]`:                {"[[False]]", "{{f}}"},                              // seen
		`[["true",["admin"]]]`:     {"[['true', ['admin']]]", "{{true,{admin}}}"},       // seen
		`[0.0,{}]`:                 {"[0.0, {}]", refused},                              // seen
		`{"*":[],"admin":1000.0}`:  {"{'*': [], 'admin': 1000.0}", refused},             // seen
		`{"*":-0.0}`:               {"{'*': -0.0}", refused},                            // seen
		`{"editor":[{}],"x":null}`: {"{'editor': [{}], 'x': None}", refused},            // seen
		`null`:                     {refused, refused},
		`-0`:                       {"0", "0"}, `-0.0`: {"-0", "-0"}, `-7`: {"-7", "-7"}, `18446744073709551616`: {"18446744073709551615", "18446744073709551616"},
		`1e400`: {refused, "Infinity"}, `-1e400`: {refused, "-Infinity"}, `1e-400`: {"0", "0"},
		`1e14`: {"100000000000000", "100000000000000"}, `1e15`: {"1e15", "1e+15"}, `1.5e-7`: {"0.00000015", "1.5e-07"},
		`[1,2]`: {"[1, 2]", "{1,2}"}, `[1,2.5]`: {"[1, 2.5]", refused}, `[1,"a"]`: {"[1, 'a']", refused}, `[true,null]`: {"[True, None]", "{t,NULL}"},
		`[[1],[2]]`: {"[[1], [2]]", "{{1},{2}}"}, `[[1],[2,3]]`: {"[[1], [2, 3]]", refused}, `[1,[]]`: {"[1, []]", refused},
		`["a b","","NULL","a\"\\"]`:  {`['a b', '', 'NULL', 'a"\\']`, `{"a b","","NULL","a\"\\"}`},
		`["it's","\n\u00e9\u200b"]`:  {`["it's", '\né\u200b']`, "{it's,\"\né\u200b\"}"},
		`[1e16,1e400,1e-5,123456.0]`: {"[1e+16, inf, 1e-05, 123456.0]", "{1e+16,Infinity,1e-05,123456}"},
		`["\ud800"]`:                 {`['\ud800']`, refused}, `"\ud800"`: {refused, refused}, `"a\u0000"`: {"a\x00", refused},
	} {
		obj, err := ParseAsRomM([]byte(`{"v":` + value + `}`))
		if err != nil {
			t.Fatal(err)
		}
		for i, db := range []Database{DatabaseMariaDB, DatabasePostgreSQL} {
			got, ok := databaseText(obj["v"], db)
			if !ok {
				got = refused
			}
			if got != want[i] {
				t.Errorf("%s on %s: %q, want %q", value, db, got, want[i])
			}
		}
	}
}

// ParseAsRomM keeps halves of surrogate pairs, and names that differ in case only.
func TestParseAsRomM(t *testing.T) {
	t.Parallel()
	obj, err := ParseAsRomM([]byte(`{"A":1,"a":"x\uD800y\udfff","\udc00":["\\ud800","\ud83d\ude00"],"used":"﷐\uFDD1"}`))
	if err != nil {
		t.Fatal(err)
	}
	list, _ := obj["\xed\xb0\x80"].([]any)
	if obj["A"] != json.Number("1") || obj["a"] != "x\xed\xa0\x80y\xed\xbf\xbf" || len(list) != 2 || list[0] != `\ud800` || list[1] != "😀" || obj["used"] != "\ufdd0\ufdd1" {
		t.Errorf("%q", obj)
	}
	for _, in := range []string{`{"a":1,"a":2}`, `{"\ud800":1,"\ud800":2}`, `{"a":"\ud800"`, "{\"a\":\"\xff\\ud800\"}", "{\"a\":\"\xed\xa0\x80\"}", `[]`} {
		if obj, err := ParseAsRomM([]byte(in)); err == nil {
			t.Errorf("%s: %v", in, obj)
		}
	}
}
