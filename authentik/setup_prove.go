package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// prove has Authentik run those of our mappings that a provider selects anew,
// before it does (S11), for somebody in no group where there is one: the roles
// claim has to be there for them too, as an empty list (S6). What the claims
// say is nothing that a test could know better than the template; that they
// are there, and of the right kind, is what RomM's logins depend on. With a token
// that may have nothing tested there is no proof; the plan has said so.
func (c *Client) prove(ctx context.Context, op string, added []Mapping) error {
	if len(added) == 0 {
		return nil
	}
	who, err := c.guineaPig(ctx, op)
	if err != nil || who.PK == 0 {
		return err
	}
	for _, m := range added {
		got, err := c.testMapping(ctx, m.ID, who.PK)
		if model.CodeOf(err) == model.CodeForbidden {
			return c.unproven(ctx, op, m, err)
		}
		if err != nil {
			return err
		}
		if why := c.templates.unfit(m, got, len(who.Groups) == 0); why != "" {
			return &model.Error{
				Code: model.CodeRefused, Op: op, Err: errors.New(why),
				Msg:  fmt.Sprintf("Authentik's test of the mapping %q fails, so no login is made to depend on it", m.Name),
				Hint: "look at it in Authentik under Customization > Property Mappings, and test it there",
			}
		}
	}
	return nil
}

// unproven lets a write go on without a test that the token may not have made,
// and refuses it where the test itself fails in Authentik.
func (c *Client) unproven(ctx context.Context, op string, m Mapping, cause error) error {
	why, err := c.untested(ctx)
	if err != nil || why != "" {
		return err
	}
	return &model.Error{
		Code: model.CodeRefused, Op: op, Err: cause,
		Msg:  fmt.Sprintf("Authentik fails to test the mapping %q, so no login is made to depend on it", m.Name),
		Hint: "look at the event system_exception in Authentik, and test the mapping there",
	}
}

// proveUser is whom a mapping is tested for.
type proveUser struct {
	PK     int64    `json:"pk"`
	Groups []string `json:"groups"`
}

// guineaPig returns the user to test with: the first who is in no group, of as
// many as fit on a page, or else the first one; the zero proveUser if the token
// sees nobody.
func (c *Client) guineaPig(ctx context.Context, op string) (proveUser, error) {
	k := call{
		op: op, path: "/core/users/", permission: permViewUser, limit: listLimit,
		query: url.Values{"page_size": {strconv.Itoa(defaultPageSize)}, "include_groups": {"false"}, "ordering": {"pk"}},
	}
	body, err := c.get(ctx, k)
	if err != nil {
		return proveUser{}, err
	}
	var page struct {
		Results []proveUser `json:"results"`
	}
	if err := decode(k, body, &page); err != nil {
		return proveUser{}, err
	}
	for _, u := range page.Results {
		if len(u.Groups) == 0 {
			return u, nil
		}
	}
	if len(page.Results) == 0 {
		return proveUser{}, nil
	}
	return page.Results[0], nil
}

// unfit says why the result of a test is not what RomM needs; "" if it is.
func (x templates) unfit(m Mapping, got mappingTest, groupless bool) string {
	if !got.OK {
		lines := strings.Split(strings.TrimSpace(got.Result.Raw()), "\n")
		return "it raises " + show(lines[len(lines)-1], "something")
	}
	claims, err := model.ParseObject([]byte(got.Result.Raw()))
	if err != nil {
		return "it returns " + show(cut(got.Result.Raw(), 120), "nothing") + ", which is no object"
	}
	if m.Managed == ManagedEmail {
		_, address := claims["email"].(string)
		_, verified := claims["email_verified"].(bool)
		if !address || !verified {
			return "it returns " + show(cut(got.Result.Raw(), 120), "nothing") + ", without an email and a boolean email_verified"
		}
		return ""
	}
	list, ok := claims[model.RolesClaim].([]any)
	for _, x := range list {
		_, text := x.(string)
		ok = ok && text
	}
	if !ok {
		return "it returns " + show(cut(got.Result.Raw(), 120), "nothing") + ", without a list of texts as " + model.RolesClaim
	}
	// Who is in no group gets the default; only the companion may know better.
	known, _ := x.recognise(m.Expression)
	if table := known.Roles; groupless && table.Companion == "" && !slices.Equal(texts(list), table.Resolve(nil)) {
		return fmt.Sprintf("it gives somebody in no group the roles %q, and not %q", texts(list), table.Resolve(nil))
	}
	return ""
}
