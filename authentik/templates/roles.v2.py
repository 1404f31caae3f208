# Made by romm-admin: roles for RomM by group. The constants are rewritten at
# each publish; anything else that changes here makes romm-admin distrust it.
import hashlib
import hmac
import json
import secrets
import time

COMPANION = ...
TABLE = ...
RANK = ...
DEFAULT = ...

# The change of the role map that the table was made from; nothing is decided
# by it. The console notices by it that its file was rolled back.
GENERATION = ...
SUM = ...

person = request.user
if getattr(person, "username", "AnonymousUser") == "AnonymousUser":
    return {"romm_roles": []}

groups = []
try:
    for group in person.all_groups():
        groups.append({"pk": str(group.pk), "name": str(group.name)})
except Exception as exc:
    ak_logger.warning("romm_roles: groups cannot be read", error=str(exc))
    return {"romm_roles": []}

if COMPANION != "":
    try:
        path = str(getattr(getattr(request, "http_request", None), "path", ""))
        purpose = "login"
        if "/application/o/userinfo/" in path:
            purpose = "userinfo"
        elif "/.well-known/openid-configuration" in path:
            purpose = "discovery"
        elif "/api/v3/" in path:
            purpose = "preview"
        key = provider.client_secret
        if not isinstance(key, str) or key == "":
            raise ValueError("the provider has no client secret")
        body = json.dumps({
            "version": 1,
            "purpose": purpose,
            "uid": str(person.uid),
            "username": person.username,
            "email": person.email,
            "groups": groups,
            "at": int(time.time()),
            "nonce": secrets.token_hex(16),
        }).encode("utf-8")
        signature = hmac.new(key.encode("utf-8"), body, hashlib.sha256).hexdigest()
        response = requests.post(
            COMPANION + "/v1/claims",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Romm-Admin-Signature": "v1=" + signature,
            },
            timeout=(0.5, 1),
            allow_redirects=False,
        )
        if response.status_code != 200:
            raise ValueError("the companion answers %s" % response.status_code)
        roles = response.json()["roles"]
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise ValueError("the companion sends no list of roles")
        return {"romm_roles": roles}
    except Exception as exc:
        ak_logger.warning("romm_roles: no answer from the companion, using the table", error=str(exc))

best = DEFAULT
for group in groups:
    token = TABLE.get(group["pk"])
    if token is not None and (best == "" or RANK.index(token) < RANK.index(best)):
        best = token
return {"romm_roles": [best] if best != "" else []}
