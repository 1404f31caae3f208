package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// PolicyEngine says how a release of Authentik reads the policy engine mode
// “all” of an application (docs/authentik.md 3). The mode “any” is the same
// everywhere.
type PolicyEngine int

// The engines. Where it is not known, both are asked and the graver answer
// counts.
const (
	EngineUnknown  PolicyEngine = iota
	EngineEach                  // every binding has to pass, those of groups and users too
	EngineTogether              // all bindings of groups and users count as one, which passes if any does
)

// AccessAnswer is what Authentik said of one person and RomM's application
// (check_access, docs/authentik.md 3).
type AccessAnswer struct {
	Passes   bool
	Messages []Untrusted // of the policies, for the person
	// Of is the Setup.accessKey that it was asked for: an answer about other
	// bindings tells nothing.
	Of string
}

// admission says whether Authentik lets somebody open RomM's application at all.
type admission struct {
	denied  string    // why it does not; "" if it does or may
	fix     string    // what to do about that
	doubt   string    // why it may not
	ends    time.Time // when it does no longer, because bindings expire
	checked bool      // Authentik was asked
}

// pass is the answer of a binding, or of many: whether it passes.
type pass int8

const (
	passNo pass = iota
	passMaybe
	passYes
)

func passIf(yes bool) pass {
	if yes {
		return passYes
	}
	return passNo
}

// Expired reports whether the binding grants nothing any more.
func (b Binding) Expired(at time.Time) bool { return !b.Expires.IsZero() && !at.Before(b.Expires) }

// Who names whom or what the binding is about.
func (b Binding) Who(groupName func(GroupID) Untrusted) string {
	switch {
	case b.Policy != "":
		return "the policy “" + cmp.Or(b.PolicyName, Untrusted(ShortID(b.Policy))).String() + "”"
	case b.User != 0:
		return fmt.Sprintf("the user %d", b.User)
	}
	return "the group " + groupName(b.Group).String()
}

// visitor is one person at the door of the application. A group that cannot be
// seen may be any (whole is false); inherited membership counts.
type visitor struct {
	id     Identity
	groups []GroupID
	whole  bool
}

// passes is the answer of one binding. What a policy answers, which of its
// failure_result and its timeout come into it, only Authentik can tell.
func (v visitor) passes(b Binding) pass {
	out := passMaybe
	switch {
	case b.Policy != "":
	case b.User != 0:
		out = passIf(b.User == v.id.PK)
	case v.whole || slices.Contains(v.groups, b.Group):
		out = passIf(slices.Contains(v.groups, b.Group))
	}
	if b.Negate {
		out = passYes - out
	}
	return out
}

// ask runs the policy engine for one person: of the bindings that are switched
// on, with those that have expired taken for a no or, as it is not known what
// Authentik does with them, left out.
func (s Setup) ask(v visitor, engine PolicyEngine, skipExpired bool, at time.Time) pass {
	var policies, others []pass
	for _, b := range s.Bindings {
		expired, into := b.Expired(at), &others
		if b.Policy != "" {
			into = &policies
		}
		switch {
		case b.Disabled, expired && skipExpired:
		case expired:
			*into = append(*into, passNo)
		default:
			*into = append(*into, v.passes(b))
		}
	}
	all := slices.Concat(policies, others)
	switch {
	case len(all) == 0:
		return passYes // everybody may
	case !s.needsAll():
		return slices.Max(all)
	case engine == EngineTogether && len(others) > 0:
		return slices.Min(append(policies, slices.Max(others)))
	}
	return slices.Min(all)
}

// needsAll reports whether the application's policy engine mode is “all”.
func (s Setup) needsAll() bool { return s.Application != nil && s.Application.Mode == "all" }

// answers are those that the engine may give, with all that is not known of it.
func (s Setup) answers(v visitor, at time.Time) []pass {
	engines := []PolicyEngine{s.Engine}
	if s.Engine == EngineUnknown {
		engines = []PolicyEngine{EngineEach, EngineTogether}
	}
	out := make([]pass, 0, 2*len(engines))
	for _, e := range engines {
		out = append(out, s.ask(v, e, false, at), s.ask(v, e, true, at))
	}
	return out
}

// admits judges the bindings for one person at a time. Where two answers are
// possible the graver one, that they keep the person out, counts, and says so.
func (s Setup) admits(v visitor, name func(GroupID) Untrusted, at time.Time) (out admission) {
	got := s.answers(v, at)
	switch slices.Min(got) {
	case passNo:
		out.denied, out.fix = s.denial(v, name, at, slices.Max(got)), s.remedy()
		return out
	case passMaybe:
		out.doubt = s.doubt(v, name, at)
	default:
	}
	out.ends = s.ends(v, at)
	return out
}

// ends is when the bindings that expire keep the person out; zero if never.
func (s Setup) ends(v visitor, at time.Time) time.Time {
	var times []time.Time
	for _, b := range s.Bindings {
		if !b.Disabled && b.Expires.After(at) {
			times = append(times, b.Expires)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	for _, t := range times {
		if slices.Min(s.answers(v, t)) == passNo {
			return t
		}
	}
	return time.Time{}
}

// denial says why the bindings keep the person out; best is the best answer that
// is possible.
func (s Setup) denial(v visitor, name func(GroupID) Untrusted, at time.Time, best pass) string {
	text := fmt.Sprintf("the bindings of the application %s do not let this person in", s.Application.label())
	var missed, expired []string
	for _, b := range s.Bindings {
		switch {
		case b.Disabled:
		case b.Expired(at):
			expired = append(expired, fmt.Sprintf("%s (%s)", b.Who(name), b.Expires.UTC().Format(time.DateOnly)))
		case v.passes(b) == passNo:
			missed = append(missed, b.Who(name))
		}
	}
	if s.needsAll() && s.Engine != EngineTogether && len(missed) > 0 {
		text += fmt.Sprintf(": its policy engine mode is all, so every binding has to pass, and this one does not: %s", strings.Join(missed, ", "))
	}
	if len(expired) > 0 {
		text += "; a binding has expired: " + strings.Join(expired, ", ")
	}
	if best != passNo && s.needsAll() && s.Engine == EngineUnknown {
		text += "; of this release it is not known whether it asks that, or takes the bindings of groups and users for one, which may let this person in"
	} else if best != passNo && len(expired) > 0 {
		text += "; whether Authentik goes on as if that one were not there, which may let this person in, is not known"
	}
	return text
}

// remedy is what to do about people whom the bindings keep out.
func (s Setup) remedy() string {
	if s.needsAll() {
		return "in Authentik set the policy engine mode of the application to any, or bind one group that all of them are in; " + seeSetup
	}
	return seeSetup
}

// doubt says what may keep the person out.
func (s Setup) doubt(v visitor, name func(GroupID) Untrusted, at time.Time) string {
	var policies, groups []string
	for _, b := range s.Bindings {
		switch {
		case b.Disabled || b.Expired(at) || v.passes(b) != passMaybe:
		case b.Policy != "":
			policies = append(policies, b.Who(name))
		default:
			groups = append(groups, b.Who(name))
		}
	}
	var why []string
	if len(policies) > 0 {
		why = append(why, "by "+strings.Join(policies, " and ")+", which only Authentik can evaluate")
	}
	if len(groups) > 0 {
		why = append(why, "by the binding of "+strings.Join(groups, " and ")+": not all groups of this person are visible to the token")
	}
	return "may be stopped " + strings.Join(why, ", or ")
}

// accessKey changes with everything of the set-up that an answer of Authentik
// about somebody's access depends on; bindings that have expired since, too.
func (s Setup) accessKey(at time.Time) string {
	if s.Application == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%q %q", s.Application.Slug, cmp.Or(s.Application.Mode, DefaultPolicyMode))
	for _, x := range s.Bindings {
		fmt.Fprintf(&b, " %s %v %v %v", x.Object(), x.Disabled, x.Negate, x.Expired(at))
	}
	return b.String()
}

// AccessKey is what an answer of Authentik about somebody's access is for; "" if
// there is nothing to ask: no application, or nothing is bound to it.
func (w World) AccessKey() string {
	s := w.Setup
	if s.Application == nil || s.BindingsKnown && len(s.Bindings) == 0 {
		return ""
	}
	return s.accessKey(w.At)
}

// admission is whether Authentik lets this person open RomM's application: as it
// said itself, or else by the bindings.
func (p predictor) admission(id Identity) (out admission) {
	if p.blocked != "" {
		return admission{denied: p.blocked, fix: p.blockedFix}
	}
	if len(p.setup.Bindings) > 0 {
		all, whole := p.members.Of(id.Groups)
		out = p.setup.admits(visitor{id, all, whole}, p.members.Name, p.at)
	}
	said := p.provider.Previews[id.PK].Access
	if said == nil || said.Of != p.setup.accessKey(p.at) {
		return out
	}
	out.checked, out.doubt = true, ""
	switch {
	case said.Passes:
		out.denied = ""
	case out.denied == "":
		out.denied, out.fix = p.setup.refusal(*said), seeSetup
	}
	return out
}

const seeSetup = "see `romm-admin setup check`"

// refusal says that Authentik refuses somebody, as it said.
func (s Setup) refusal(said AccessAnswer) string {
	var policies []string
	for _, b := range s.Bindings {
		if b.Policy != "" && !b.Disabled {
			policies = append(policies, b.Who(nil))
		}
	}
	text := fmt.Sprintf("Authentik says that the application %s is not open to this person", s.Application.label())
	if len(policies) > 0 {
		text += "; bound is " + strings.Join(policies, " and ")
	}
	if len(said.Messages) > 0 {
		text += "; it says: " + Names(said.Messages)
	}
	return text
}

func (a *Application) label() string {
	if a == nil {
		return "of RomM"
	}
	return a.Name.String()
}
