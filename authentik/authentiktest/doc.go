// Package authentiktest is an in-memory Authentik: its REST API as far as this
// project uses it, and an OIDC provider whose claims come from the selected
// scope mappings.
//
// The expressions of the mappings are really run, by python3 with stand-ins for
// what Authentik gives them (standin.py), so that one which would fail in
// Authentik fails here; [FindPython] says whether that is possible. What asks
// this server where there may be no Python, such as `romm-admin --demo`, has it
// compute the known expressions instead ([Native]) and needs nothing then.
//
// A server made by package strict, as those of all tests are, checks every call;
// the one of a demo checks none, so that no program carries the documents. Every
// request is checked against the official OpenAPI document of 2026.5,
// and while a release before 2025.12 is posed against that of 2024.12 as well;
// every response against the document of the posed release, if it is one of
// these two (their relevant parts are embedded). An invalid request is answered
// with 400 as Authentik would and recorded; an invalid response of our own
// becomes a 500 and is recorded, see [Server.Violations]. Query parameters
// that a document does not know are ignored, as Authentik does, and recorded
// too: they are misspelt, or too new.
//
// Calls can be made to fail in every way that a network and a server have, see
// [Server.Inject].
//
// What is not implemented answers 501 and says so.
package authentiktest
