// Package authentiktest is an in-memory Authentik: its REST API as far as this
// project uses it, and OIDC discovery. Tests run against it, and so does
// `romm-admin --demo`, so it needs neither network nor files.
//
// Every request and every response is checked against the official OpenAPI
// document (its relevant part is embedded). An invalid request is answered
// with 400 as Authentik would and recorded; an invalid response of our own
// becomes a 500 and is recorded, see [Server.Violations]. Query parameters
// that the document does not know are ignored, as Authentik does, and recorded
// too: they are misspelt. The document describes 2026.5, so responses are
// checked only while that release is posed; requests always, because older
// releases ignore what they do not know.
//
// What is not implemented answers 501 and says so.
package authentiktest
