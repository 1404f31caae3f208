package symptom

// The commands that say more.
const (
	lookCheck    = "romm-admin setup check"
	lookSimulate = "romm-admin simulate USERNAME"
	lookInside   = "from inside RomM's container: curl -v the value of OIDC_SERVER_APPLICATION_URL with /.well-known/openid-configuration behind it"
)

// table is by steps of a login (docs/romm.md 3, docs/authentik.md 7).
var table = [][]entry{reaching, certificates, discovering, comingBack, keys, deciding, storing, later, inAuthentik, between}

// reaching: RomM's own connection to Authentik.
var reaching = []entry{
	{Cause{
		"no-scheme", "OIDC_SERVER_APPLICATION_URL does not begin with https://, so RomM fails before it asks anybody.",
		"put https:// in front of it and restart RomM", "",
	}, []string{`missing an? .?'?https?://|UnsupportedProtocol|No scheme supplied|Invalid URL|InvalidURL`}, nil},
	{Cause{
		"name-not-resolved", "RomM's container cannot resolve Authentik's name in DNS, though other machines may: it asks for IPv6 too, and where the DNS answers “no such name” to that, musl takes it for the whole answer.",
		"let the DNS answer for that name inside the container: an empty answer (NODATA) for AAAA instead of NXDOMAIN, the container's own dns setting, or extra_hosts", "docker exec romm getent hosts auth.example.org, and " + lookInside,
	}, []string{`Name does not resolve|Name or service not known|name resolution|getaddrinfo|nodename nor servname|no such host|No address associated`}, nil},
	{Cause{
		"discovery-timeout", "RomM cannot reach the provider's discovery document: the connection times out before anybody has signed in, so nothing in Authentik's provider is to blame.",
		"let RomM's container reach Authentik's front door, the same address that browsers use (a firewall, an egress rule or network policy, or a router that does not lead back inside)", lookInside,
	}, []string{`ConnectTimeout|connect(ion)? timed out|Connection timed out|ETIMEDOUT|Errno 110`}, nil},
	{Cause{
		"slow-token", "Authentik answered RomM too slowly: RomM gives up on the token request after a few seconds. A mapping that asks another service without a timeout holds it up.",
		"look for a mapping of RomM's provider that calls out, give it a timeout, or see whether the companion answers", lookCheck,
	}, []string{`ReadTimeout|PoolTimeout|read operation timed out`}, nil},
	{Cause{
		"refused", "Nothing listens at the address that RomM asks for Authentik: a wrong port, localhost inside a container (which is the container itself), or Authentik is down.",
		"set OIDC_SERVER_APPLICATION_URL to the address that browsers use for Authentik, and let it lead there from inside RomM's container", lookInside,
	}, []string{`Connection refused|ECONNREFUSED|Errno 111|All connection attempts failed|connect call failed`}, nil},
	{Cause{
		"no-route", "RomM's container has no way to Authentik's address: another network, or IPv6 without a route.",
		"put both on one network, or let the name resolve to an address that RomM can reach", lookInside,
	}, []string{`No route to host|Network is unreachable|Errno 113|Errno 101|ENETUNREACH|EHOSTUNREACH`}, nil},
}

var certificates = []entry{
	{Cause{
		"plain-on-tls", "One side speaks https and the other plain http on that port: the address has the wrong scheme or port.",
		"use https with Authentik's https port (9443 by default, 443 behind a proxy), or http with its http port", "",
	}, []string{`WRONG_VERSION_NUMBER|HTTP request was sent to HTTPS|record layer failure|plain HTTP request`}, nil},
	{Cause{
		"ca-not-a-file", "OIDC_TLS_CACERTFILE names a folder, or no file that is there: RomM up to 5.3 reads one PEM file.",
		"mount the certificate of your authority as a file into RomM's container, and name that file", "",
	}, []string{`Is a directory|IsADirectoryError|Errno 21\b|NO_CERTIFICATE_OR_CRL_FOUND|(?:CACERT|cafile|load_verify_locations).*No such file|No such file.*(?:CACERT|cafile|load_verify_locations)`}, nil},
	{Cause{
		"certificate-expired", "The certificate that RomM sees at Authentik's address has expired, or the clock of the container is wrong.",
		"renew it at the proxy that serves it, and compare the clocks", lookInside,
	}, []string{`certificate has expired|certificate is not yet valid`}, nil},
	{Cause{
		"certificate-name", "The certificate at Authentik's address is for another name: RomM asks by an inner name or an IP address.",
		"let OIDC_SERVER_APPLICATION_URL have the name that the certificate is for, and let that name resolve inside RomM's container", lookInside,
	}, []string{`Hostname mismatch|certificate is not valid for|doesn't match .*certificate|IP address mismatch`}, nil},
	{Cause{
		"certificate-self-signed", "RomM does not know the authority that signed Authentik's certificate: it is self-signed or from an authority of your own.",
		"mount that authority's PEM file into RomM's container and set OIDC_TLS_CACERTFILE to it", lookInside,
	}, []string{`self[- ]signed certificate`}, nil},
	{Cause{
		"certificate-chain", "The chain of Authentik's certificate is not whole: the server leaves out its intermediate certificate (browsers find it by themselves), or the authority is your own.",
		"let the proxy serve the full chain (fullchain.pem); for an authority of your own set OIDC_TLS_CACERTFILE to its PEM file", lookInside,
	}, []string{`unable to get (local )?issuer certificate|CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|certificate verify failed`}, nil},
}

var discovering = []entry{
	{Cause{
		"discovery-is-a-page", "What stands at the discovery address is a web page and no JSON: OIDC_SERVER_APPLICATION_URL is wrong (it should end in /application/o/SLUG), or a tunnel, a login wall or a bot check answers in Authentik's place.",
		"open the discovery address from inside RomM's container; correct OIDC_SERVER_APPLICATION_URL, and let what stands before Authentik pass /application/o/ without a challenge", lookInside,
	}, []string{`JSONDecodeError|Expecting value|Unexpected token .?<|not valid JSON`, `server_metadata|metadata|openid-configuration|login/openid|login_via_openid`}, nil},
	{Cause{
		"discovery-404", "Authentik has no discovery document at that address: the slug in OIDC_SERVER_APPLICATION_URL is of no application with a provider, or .well-known/openid-configuration stands in it already and is added twice.",
		"set OIDC_SERVER_APPLICATION_URL to https://AUTHENTIK/application/o/SLUG, with the slug of RomM's application and nothing behind it", lookCheck,
	}, []string{`404`, `openid-configuration|server_metadata`}, nil},
	{Cause{
		"metadata-lacks", "The discovery document lacks an endpoint that RomM needs, or OIDC is on without its variables: OIDC_SERVER_APPLICATION_URL points at something else than the application of RomM.",
		"set OIDC_SERVER_APPLICATION_URL to https://AUTHENTIK/application/o/SLUG, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, and restart RomM", lookCheck,
	}, []string{`Missing .?"?(authorize_url|jwks_uri|authorization_endpoint|access_token_url|token_endpoint)|Missing server metadata`}, nil},
	{Cause{
		"oidc-off", "RomM's OIDC login is switched off.",
		"set OIDC_ENABLED=true in RomM's environment and restart RomM", "",
	}, []string{`OAuth disabled`}, nil},
}

// comingBack: from Authentik to RomM's callback.
var comingBack = []entry{
	{Cause{
		"state-lost", "RomM did not find the login that it had begun: its session cookie did not come back. The browser left under another host or scheme than it came back to, the cookie is Secure over http (ROMM_SESSION_SECURE_COOKIE), or an old page was used twice.",
		"use one address for RomM everywhere: ROMM_BASE_URL, OIDC_REDIRECT_URI and what people type; serve it by https; then begin again at RomM's front page", "",
	}, []string{`mismatching_state|State not equal|state (mismatch|parameter)|MismatchingStateError`}, nil},
	{Cause{
		"redirect-uri", "Authentik does not allow the redirect URI that RomM sends: the two differ in scheme, host, port, path or a slash, or a strict one was written as a pattern. RomM takes people back at /api/oauth/openid and nowhere else.",
		"let OIDC_REDIRECT_URI be https://ROMM/api/oauth/openid, allow exactly that at the provider as strict, without backslashes or *", lookCheck,
	}, []string{`Redirect URI Error|redirect[_ ]uri.{0,60}(mismatch|invalid|missing|not match|not allowed)|(mismatch|invalid).{0,20}redirect[_ ]uri`}, nil},
	{Cause{
		"access-denied", "Authentik itself keeps the person out of RomM's application: a binding or a policy says no.",
		"see who may open the application in Authentik (Applications > RomM > Policy / Group / User Bindings), and put the person in a group that is bound", lookSimulate,
	}, []string{`access_denied|Permission denied.{0,40}Request has been denied|Request has been denied|not authorized to access`}, nil},
	{Cause{
		"client-unknown", "Authentik knows no provider with the client id that RomM sends.",
		"copy the client id of RomM's provider into OIDC_CLIENT_ID, whole and without quotes, and restart RomM", lookCheck,
	}, []string{`client_id\) is missing or invalid|client identifier.{0,20}(missing|invalid)`}, nil},
	{Cause{
		"client-secret", "Authentik refuses RomM itself: OIDC_CLIENT_SECRET is not the provider's (cut on the way, quoted, or of another provider), the client id belongs to another one, or the redirect URI is not exactly the allowed one.",
		"copy client id and client secret from RomM's provider into OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, whole and without quotes ($ doubled in a compose file), and restart RomM", lookCheck,
	}, []string{`invalid_client`}, nil},
	{Cause{
		"grant-types", "Authentik 2026.5 and later refuses a provider without grant types: one that was made by the API or an older tool has none.",
		"give RomM's provider the grant types authorization_code and refresh_token; `romm-admin setup apply` does", lookCheck,
	}, []string{`unauthorized_client|unsupported_grant_type|unsupported_response_type|grant[_ ]type.{0,40}(not allowed|unsupported|missing)|invalid_request`}, nil},
	{Cause{
		"invalid-grant", "Authentik refuses the code that RomM trades in: it was used already (a page loaded twice), is older than a minute, the clocks differ, or the provider lacks the grant type authorization_code (2026.5 and later).",
		"begin again at RomM's front page; if it stays, compare the clocks, and let `romm-admin setup apply` set the grant types", lookCheck,
	}, []string{`invalid_grant`}, nil},
}

// keys: what RomM makes of the ID token.
var keys = []entry{
	{Cause{
		"no-signing-key", "The provider's list of keys is empty: Authentik's provider has no signing key and signs with the client secret, which RomM does not take.",
		"choose a signing key (RSA) on RomM's provider in Authentik; `romm-admin setup apply` does", lookCheck,
	}, []string{`Invalid key set format|Invalid JSON Web Key Set|HS256|empty key set|keys?.{0,8}\[\]`}, []string{`invalid_claim`}},
	{Cause{
		"key-unknown", "The token is signed with a key that RomM has not read: the provider's signing key was changed while RomM was running, and RomM keeps the discovery document until it restarts.",
		"restart RomM; if it stays, choose an RSA signing key on RomM's provider", lookCheck,
	}, []string{`Key not found|bad_signature|BadSignature|Invalid signature|unknown kid|No matching key`}, nil},
	{Cause{
		"key-kind", "RomM's library does not take the kind of key that the provider signs with (Ed25519, Ed448, or an elliptic one that is announced as another).",
		"choose an RSA signing key on RomM's provider in Authentik", lookCheck,
	}, []string{`unsupported.{0,20}alg|UnsupportedAlgorithm|EdDSA|ES384|ES512|Ed25519|Ed448|algorithm.{0,20}not (allowed|supported)`}, nil},
	{Cause{
		"issuer", "The issuer in the token is not the one of the discovery document that RomM read: Authentik takes scheme and host from each request, so the two came by different addresses, or the issuer mode or slug was changed while RomM was running.",
		"let OIDC_SERVER_APPLICATION_URL be the address that browsers use, let the proxy in front of Authentik send X-Forwarded-Proto and Host (from 2026.8 on it must be among the trusted proxies), and restart RomM", lookCheck,
	}, []string{`invalid_claim.{0,40}iss|Invalid claim .?"?iss|issuer.{0,30}(mismatch|invalid|not match)|invalid issuer`}, nil},
	{Cause{
		"audience", "The token is for another client than RomM: OIDC_CLIENT_ID is of another provider.",
		"copy the client id of RomM's own provider into OIDC_CLIENT_ID and restart RomM", lookCheck,
	}, []string{`invalid_claim.{0,40}aud|Invalid claim .?"?aud`}, nil},
	{Cause{
		"clock", "The clocks of RomM and Authentik are apart: the token counts as expired, or as not valid yet.",
		"let both machines keep time (NTP), and compare `date -u` in both containers", "",
	}, []string{`expired_token|token is expired|The token is (not yet|expired)|invalid_claim.{0,40}(iat|exp|nbf)|issued in the future|Signature has expired`}, nil},
	{Cause{
		"encrypted", "The ID token is encrypted, which RomM does not take.",
		"remove the encryption key from RomM's provider in Authentik", lookCheck,
	}, []string{`JWE|Invalid input segments length|encrypted token`}, nil},
}
