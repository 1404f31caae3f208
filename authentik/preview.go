package authentik

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// Preview returns what an ID token of that provider would hold for that user,
// as Authentik computes it (preview_user, docs/authentik.md 4.3). It runs the
// mappings for real, calls to other services included, and shows the claims of
// all selected mappings, also of scopes that RomM does not request. The claims
// are decoded strictly (S3).
func (c *Client) Preview(ctx context.Context, providerPK, userPK int64) (model.Claims, error) {
	k := call{
		op:         "preview the claims of a user",
		path:       "/providers/oauth2/" + strconv.FormatInt(providerPK, 10) + "/preview_user/",
		query:      url.Values{"for_user": {strconv.FormatInt(userPK, 10)}},
		limit:      documentLimit,
		permission: permViewProvider,
		within:     mappingTimeout,
	}
	body, err := c.get(ctx, k)
	if model.CodeOf(err) == model.CodeInvalid {
		// Authentik says "User not found" for both (docs/authentik.md 4.3).
		return nil, &model.Error{
			Code: model.CodeForbidden, Op: k.op, Err: err,
			Msg:  fmt.Sprintf("user %d is gone, or the token lacks the permission %s", userPK, permPreviewUser),
			Hint: "add " + permPreviewUser + " to a role of the token's user in Authentik",
		}
	}
	if err != nil {
		return nil, err
	}
	answer, err := model.ParseClaims(body)
	if err != nil {
		return nil, notAPI(k, err)
	}
	claims, ok := answer["preview"].(map[string]any)
	if !ok {
		return nil, notAPI(k, errors.New("there is no object called preview"))
	}
	return claims, nil
}
