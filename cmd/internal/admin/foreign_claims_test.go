package admin

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// withEmailMapping is a demo world whose provider selects a mapping of this text
// in the place of ours, and which runs texts as Authentik does.
func withEmailMapping(t *testing.T, expression string) *demo.World {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	const id = "00000000-0000-0000-0000-0000000000aa"
	return newWorldOf(t, false, func(s *authentiktest.Seed) {
		s.Native = nil
		s.Mappings = append(s.Mappings, authentik.Mapping{ID: id, Name: "own mail", Scope: "email", Expression: expression})
		for i, m := range s.Providers[0].Mappings {
			if m == authentik.ManagedEmail {
				s.Providers[0].Mappings[i] = id
			}
		}
	})
}

// TestAPreviewProvesNoForeignMapping: a UUID in somebody else's mapping looks
// fine in every preview, and fails the token of everybody; so no verdict that
// rests on such a preview is certain. A text that is known proves itself.
func TestAPreviewProvesNoForeignMapping(t *testing.T) {
	t.Parallel()
	const address = `"email": request.user.email, "email_verified": True`
	for expression, foreign := range map[string]bool{
		"import uuid\nreturn {" + address + `, "ref": uuid.UUID(int=7)}`:                                                 true,
		"return {" + address + "}":                                                                                       false,
		`return {"email": user.email, "email_verified": user.attributes.get("email_verified", False)}`:                   false,
		`return {"email": user.email, "email_verified": request.user.attributes.get("email_verified", False)}  # either`: false,
	} {
		w := withEmailMapping(t, expression)
		if text, _, previews := counting(t, w, "users", "list"); (previews > 1) != foreign {
			t.Errorf("%s: %d previews: %s", expression, previews, text)
		}
		text, _, _ := counting(t, w, "simulate", "alice", "--ask")
		said := strings.Contains(text, "not proven by the preview") && strings.Contains(text, "own mail")
		if said != foreign || !strings.Contains(text, "computed by Authentik") {
			t.Errorf("%s: %s", expression, text)
		}
		text, _, _ = counting(t, w, "setup", "check")
		if said := strings.Contains(text, "a preview does not prove it: own mail"); said != foreign {
			t.Errorf("%s: %s", expression, text)
		}
	}
}

// TestGuidesStay: the mappings that RomM's guide and Authentik's documentation
// have people make are known. Nobody is previewed for them, the hazard of each
// is named, and set-up leaves them until it is asked to verify by address.
func TestGuidesStay(t *testing.T) {
	t.Parallel()
	for expression, hazard := range map[string]string{
		"return {\n    \"email\": user.email,\n    \"email_verified\": True,\n}":                                                           "anyone who can change their own address in Authentik can open anybody's RomM account; the mapping is the one of RomM's guide",
		"return {\n    \"email\": request.user.email,\n    \"email_verified\": True,\n}":                                                   "anyone who can change their own address in Authentik can open anybody's RomM account; the mapping is the one of Authentik's documentation",
		"return {\n    \"email\": request.user.email,\n    \"email_verified\": request.user.attributes.get(\"email_verified\", False),\n}": "is true, also after it was changed; the mapping is the one of Authentik's documentation",
	} {
		w := withEmailMapping(t, expression)
		if text, _, previews := counting(t, w, "users", "list"); previews != 0 {
			t.Errorf("%s: %d previews: %s", expression, previews, text)
		}
		for _, command := range [][]string{{"check"}, {"setup", "check"}} {
			if text, _, _ := counting(t, w, command...); !strings.Contains(text, hazard) {
				t.Errorf("%q, %s: %s", command, expression, text)
			}
		}
		if text, _, _ := counting(t, w, "setup", "plan"); strings.Contains(text, "RomM Email Verification") || strings.Contains(text, "own mail") {
			t.Errorf("%s: the plan replaces it: %s", expression, text)
		}
		if text, _, _ := counting(t, w, "setup", "plan", "--verify", "address"); !strings.Contains(text, "RomM Email Verification") {
			t.Errorf("%s: asked, the plan replaces nothing: %s", expression, text)
		}
	}
}

// TestSetupCheckAsksAuthentik: where the discovery document or a preview is an
// error, nobody gets a token, and both checks fail for it. A token that may not
// preview is no such error.
func TestSetupCheckAsksAuthentik(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	problems := func() string {
		t.Helper()
		text, code, _ := counting(t, w, "setup", "check")
		if all, code2, _ := counting(t, w, "check"); code2 != code {
			t.Errorf("exit codes %d and %d: %s", code, code2, all)
		} else {
			text += all
		}
		return text
	}
	for name, c := range map[string]struct {
		fault authentiktest.Fault
		says  []string
	}{
		"well": {},
		"forbidden": {
			authentiktest.Fault{Kind: authentiktest.FaultDenied, Call: previewCall},
			[]string{"preview          unknown  whether Authentik computes claims without an error is not known", "1 check fails"},
		},
		"discovery": {
			authentiktest.Fault{Kind: authentiktest.FaultError, Call: "discovery"},
			[]string{"discovery        drift  the discovery document, which RomM reads first, cannot be read", "problem: set-up, discovery: "},
		},
		"preview": {
			authentiktest.Fault{Kind: authentiktest.FaultError, Call: previewCall},
			[]string{"preview          drift  Authentik fails to compute somebody's claims", "problem: set-up, preview: ", "system_exception"},
		},
	} {
		w.Authentik.Heal()
		if c.fault.Kind != "" {
			w.Authentik.Inject(c.fault)
		}
		text := problems()
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s: no %q in %s", name, s, text)
			}
		}
		if strings.Contains(text, "problem: set-up, preview") != (name == "preview") || c.says == nil && (strings.Contains(text, "set-up, discovery") || strings.Contains(text, "set-up, preview")) {
			t.Errorf("%s: %s", name, text)
		}
	}
	w.Authentik.Heal()
	// The set-up of the demo drifts by one answer, and by nothing else.
	if text, _, _ := counting(t, w, "setup", "check"); !strings.Contains(text, "1 check fails") {
		t.Error(text)
	}
}

// TestSkipObjectFailsEverything: what nothing catches fails the token, the
// discovery document and the preview, and the check names the mapping.
func TestSkipObjectFailsEverything(t *testing.T) {
	t.Parallel()
	w := withEmailMapping(t, "raise SkipObject()")
	text, code, _ := counting(t, w, "setup", "check")
	if code != 3 || !strings.Contains(text, "the discovery document, which RomM reads first, cannot be read") ||
		!strings.Contains(text, "Authentik fails to compute somebody's claims") || !strings.Contains(text, "only Authentik can evaluate: own mail") {
		t.Errorf("code %d: %s", code, text)
	}
}
