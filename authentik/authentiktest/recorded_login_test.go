package authentiktest_test

import (
	"net/url"
	"strings"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// signedIn does what went before an OpenID Connect request: a sign-in in the
// browser, and the exchange of its code. It returns what the request has in
// place of what the recording hides.
func signedIn(s *authentiktest.Server, x exchange, body string) (form, authorization, cookie string) {
	form, authorization = body, x.Request.Authorization
	path, _, _ := strings.Cut(x.Request.Path, "?")
	values, _ := url.ParseQuery(body)
	hidden := values.Get("code") == "<code>" || path == "/application/o/userinfo/" || path == "/application/o/authorize/"
	if !hidden {
		return form, authorization, ""
	}
	query := url.Values{
		"response_type": {"code"}, "client_id": {"<client-id>"}, "redirect_uri": {"http://127.0.0.1:5000/api/oauth/openid"},
		"scope": {"openid profile email romm_roles"}, "state": {"st"}, "nonce": {"nc"},
	}
	name := str(shownClaims(x), "preferred_username")
	if name == "" {
		name = "alice"
	}
	authorize := "/application/o/authorize/?" + query.Encode()
	page := ask(s, "POST", authorize, "", "application/x-www-form-urlencoded", url.Values{"uid_field": {name}}.Encode(), "")
	back, err := url.Parse(page.location)
	if err != nil || page.status != 302 {
		return form, authorization, page.cookie
	}
	exchange := url.Values{
		"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {query.Get("redirect_uri")},
		"client_id": {"<client-id>"}, "client_secret": {"<client-secret>"},
	}.Encode()
	token := func() object {
		got := ask(s, "POST", "/application/o/token/", "", "application/x-www-form-urlencoded", exchange, "")
		o, _ := got.body.(object)
		return o
	}
	switch {
	case path == "/application/o/authorize/":
	case path == "/application/o/userinfo/":
		authorization = "Bearer " + str(token(), "access_token")
	case x.Response.Status != 200:
		token()
		form = exchange
	default:
		form = exchange
	}
	return form, authorization, page.cookie
}
