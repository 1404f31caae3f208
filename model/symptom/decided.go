package symptom

// deciding: RomM's own refusals (docs/romm.md 3).
var deciding = []entry{
	{Cause{
		"no-id-token", "Authentik's answer has no ID token with claims.",
		"select the scope openid on RomM's provider", lookCheck,
	}, []string{`Userinfo is missing from token`}, nil},
	{Cause{
		"email-missing", "The ID token carries no e-mail address: no mapping of the scope email is selected on RomM's provider, it fails for this person, or “Include claims in id_token” is off.",
		"select the e-mail mapping on RomM's provider and keep the claims in the ID token; `romm-admin setup apply` does", lookSimulate,
	}, []string{`Email is missing from token`}, nil},
	{Cause{
		"email-unverified", "Authentik sends email_verified false, or not as true: its own mapping does so for everybody since 2025.10, and ours until somebody has vouched for the address.",
		"vouch for the address: `romm-admin users verify USERNAME`; before that `romm-admin setup apply` selects a mapping that tells the truth", lookSimulate,
	}, []string{`Email is not verified|email_verified`}, nil},
	{Cause{
		"username-missing", "The token lacks the claim that RomM takes usernames from (OIDC_USERNAME_ATTRIBUTE, preferred_username by default).",
		"select Authentik's profile mapping on RomM's provider, or set OIDC_USERNAME_ATTRIBUTE to a claim that is sent", lookSimulate,
	}, []string{`attribute is missing from token`}, nil},
	{Cause{
		"no-role", "The role claim is there and none of its values is one that RomM knows: no group of the person has a role, the groups are not sent (a child group, another scope name), or OIDC_ROLE_* differs in letter case, has quotes in it, or is a list with commas, which RomM up to 5.3 takes for one name.",
		"give one of the person's groups a role (`romm-admin roles bind`), and let OIDC_ROLE_* be exactly what is sent", lookSimulate,
	}, []string{`not been granted any roles`}, nil},
	{Cause{
		"registration-off", "No account in RomM has the address that Authentik sends, and RomM makes none: OIDC_ALLOW_REGISTRATION is off.",
		"set the address of the person's RomM account to the one that Authentik sends (`romm-admin users match-emails`), or allow registration", lookSimulate,
	}, []string{`registration is disabled`}, nil},
	{Cause{
		"linked-elsewhere", "RomM (5.4 and later) has linked that account to another identity at the provider: the person was made anew in Authentik, the provider's subject mode was changed, or somebody else signed in there first.",
		"find out whose account it is, then remove the link: `romm-admin users unlink NAME`", lookSimulate,
	}, []string{`linked to a different identity`}, nil},
	{Cause{
		"username-taken", "No account in RomM has the address that Authentik sends, and the username is taken, so RomM cannot make a second one: the address in RomM and the one in Authentik differ.",
		"set the address of the RomM account to the one that Authentik sends: `romm-admin users match-emails USERNAME`", lookSimulate,
	}, []string{`is already taken|(Duplicate entry|duplicate key value|UniqueViolation|UNIQUE constraint).*(username|users)|IntegrityError.*(username|users)`}, []string{`Duplicate entry.*email`, `ix_users_email|users_email`}},
	{Cause{
		"disabled", "The account in RomM is disabled.",
		"enable it, if this person should get in: `romm-admin users enable USERNAME`", lookSimulate,
	}, []string{`Disabled user|User account is disabled`}, nil},
}

// storing: what RomM's database refuses.
var storing = []entry{
	{Cause{
		"email-taken", "RomM's database refuses a second account with that address: it holds it in another spelling than RomM looks for (capital letters beyond ASCII).",
		"give the RomM account a plain ASCII address", lookSimulate,
	}, []string{`(Duplicate entry|duplicate key value|UniqueViolation|UNIQUE constraint).*(ix_users_email|users_email|email)`}, nil},
	{Cause{
		"too-long", "The address, the username or the subject that Authentik sends is longer than RomM's database keeps (255 characters), or has a character that it refuses.",
		"let Authentik send a username and an address of at most 255 plain characters", lookSimulate,
	}, []string{`value too long for type|Data too long for column|StringDataRightTruncation|invalid byte sequence|null character|0x00`}, nil},
	{Cause{
		"roles-no-list", "The role claim is a number or true, in which RomM cannot look for a role.",
		"let the roles mapping return a list of texts, empty for nobody", lookSimulate,
	}, []string{`argument of type '?(bool|int|float|NoneType)'? is not iterable`}, nil},
}

// later: signed in, and then something else fails.
var later = []entry{
	{Cause{
		"csrf-stale", "A fault of RomM up to 4.8: after signing in the browser still has the cookie romm_csrftoken of before, so the first change fails. It is fixed in 4.9.0.",
		"update RomM to 4.9.0 or later; until then delete the cookie romm_csrftoken and load the page again", "",
	}, []string{`CSRF`, `RomM v?4\.[0-8]\b|sign-?in.*works|OIDC.*works|signs? .{0,20}out`}, []string{`State not equal|mismatching_state`}},
	{Cause{
		"csrf", "RomM did not get the cookie romm_csrftoken and its header together: an old cookie (a fault that is fixed in 4.9.0), a Secure cookie over http (ROMM_SESSION_SECURE_COOKIE), or a proxy that drops the Authorization header of an app.",
		"delete the cookie romm_csrftoken, serve RomM by https under one address, and let the proxy pass the Authorization header", "",
	}, []string{`CSRF token verification failed|CSRF`}, []string{`State not equal|mismatching_state`}},
	{Cause{
		"app-password", "An account that was made by signing in with OIDC has no password; RomM up to 5.2 answers 500 to one instead of refusing it.",
		"make a Client API Token in RomM (4.8 or later: Profile > Client API Tokens) and give that to the app", "",
	}, []string{`UnknownHash|hash could not be identified|Invalid salt|(POST )?/api/token.{0,20}500|/api/login 500|password of an account`}, nil},
	{Cause{
		"bad-token", "RomM up to 5.3 answers 500 to everything where the Authorization header holds a token that has expired or cannot be read.",
		"sign in to the app again, or give it a Client API Token, which does not expire by itself", "",
	}, []string{`ExpiredSignatureError|JWTError|InvalidTokenError|heartbeat.{0,20}500`}, nil},
	{Cause{
		"login-loop", "RomM sends everybody to Authentik at once (OIDC_AUTOLOGIN), and the login fails there or back again.",
		"open RomM's /login?bypass_autologin=true to sign in with a password, or set OIDC_AUTOLOGIN=false and restart RomM", "",
	}, []string{`ERR_TOO_MANY_REDIRECTS|too many redirects|redirected you too many times|bypass_autologin`}, nil},
}

// inAuthentik: Authentik's own log and events.
var inAuthentik = []entry{
	{Cause{
		"mapping-raises", "A mapping of RomM's provider fails in Authentik: its claims are missing from the token, and the login goes on without them.",
		"open the mapping that the event names and correct its expression; Authentik's Test button runs it for one user", lookCheck,
	}, []string{`property_mapping_exception|Failed to execute property mapping|PropertyMappingExpressionException`}, nil},
	{Cause{
		"policy-raises", "A policy that is bound to RomM's application fails in Authentik, which counts as a no.",
		"open the policy that the event names and correct its expression, or unbind it", lookSimulate,
	}, []string{`policy_exception|PolicyException|failed to evaluate policy`}, nil},
	{Cause{
		"authentik-crashed", "Authentik itself failed: it answers a request that crashed inside it with 405 and an empty page.",
		"look at the newest event of the kind system_exception in Authentik; a mapping that returns what JSON cannot hold (a UUID, a set, a date) is the usual cause", lookCheck,
	}, []string{`405`, `token|Method Not Allowed`}, nil},
}

// between: proxies in front of either.
var between = []entry{
	{Cause{
		"challenge", "A bot check or login wall (Cloudflare, a forward-auth proxy) answers in the place of RomM or Authentik; programs cannot solve it.",
		"let it pass /application/o/ and /api/v3/ of Authentik and /api/ of RomM without a challenge", lookInside,
	}, []string{`Just a moment|cf-chl|Attention Required|challenge-platform|error code:? 10\d\d|cf-mitigated`}, nil},
	{Cause{
		"header-too-big", "The proxy's buffer is too small for the headers of the answer: a session with an ID token of many groups is large.",
		"raise proxy_buffer_size (16k) and proxy_buffers (8 16k) in nginx for RomM and Authentik", "",
	}, []string{`too big header|Request Header Or Cookie Too Large|431|header field too large`}, nil},
	{Cause{
		"gateway", "The proxy in front got no answer from what stands behind it: the service is down, restarting, or the proxy asks the wrong port.",
		"see whether RomM and Authentik run, and what address and port the proxy uses for them", "",
	}, []string{`502 Bad Gateway|504 Gateway|503 Service|Bad Gateway|upstream prematurely|connect\(\) failed`}, nil},
}
