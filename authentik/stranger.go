package authentik

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// urlHint is the hint when something other than Authentik answers.
const urlHint = "check that AUTHENTIK_URL is the address of Authentik (RomM's is ROMM_BASE_URL), with the sub-path if it is installed under one"

// address is where a call goes, for people.
func (c *Client) address(k call) string {
	if k.public {
		return c.root.String() + k.path
	}
	return c.root.String() + "/api/v3" + k.path
}

// pageError names what answers with a web page: the login page of a proxy,
// another program at the address, or a proxy whose Authentik is down.
func (c *Client) pageError(k call, status int, body []byte) error {
	page, title := "a web page", titleOf(body)
	if title != "" {
		page += " titled “" + title + "”"
	}
	e := &model.Error{
		Code: model.CodeUnavailable, Op: k.op,
		Msg:  fmt.Sprintf("%s answers %d with %s, not with Authentik's API", c.address(k), status, page),
		Hint: "check AUTHENTIK_URL, and let a proxy in front of Authentik pass /api/v3/ and /application/o/ through",
	}
	if k.public && status == http.StatusNotFound {
		e.Code = model.CodeNotFound // outside its API Authentik itself answers with a page
	}
	switch {
	case strings.Contains(strings.ToLower(title), "romm"):
		e.Hint = "this looks like RomM: " + urlHint
	case status >= http.StatusInternalServerError:
		e.Hint = "check that Authentik is up behind the proxy, then try again"
	}
	return e
}

// notAuthentik is about a first answer that shows that the server is another.
func (c *Client) notAuthentik(k call, what string, err error) error {
	return &model.Error{
		Code: model.CodeUnavailable, Op: k.op, Err: err,
		Msg: fmt.Sprintf("there is no Authentik at %s: %s answers %s", c.root, c.address(k), what), Hint: urlHint,
	}
}

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

// titleOf returns the title of a web page, "" if it has none.
func titleOf(page []byte) string {
	m := titlePattern.FindSubmatch(page)
	if m == nil {
		return ""
	}
	return excerpt(html.UnescapeString(string(m[1])))
}

// excerpt is the beginning of a text on one line, for people.
func excerpt(text string) string {
	return model.Clean(cut(strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "), 80))
}

// cut shortens a text to that many characters, its ellipsis included.
func cut(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}
