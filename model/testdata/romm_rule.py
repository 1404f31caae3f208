#!/usr/bin/env python3
"""RomM's OIDC rule, read a second time.

An independent transcription of the decision table of docs/romm.md 3 for
RomM 4.3.1-4.7, 4.8-4.9, 5.0-5.2 and Next, on MariaDB and on PostgreSQL. It
shares nothing with the Go engine, so that the two can be compared: one case a
line on standard input, one verdict a line on standard output, in the form of
`romm-admin decide`. Standard library only. How the databases compare text is
in romm_fold.py.

The table is quoted row by row in the comments. Where it is silent the comment
says "silent" and what was chosen.
"""

import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))  # python3 -I leaves it out
from romm_fold import DATABASES, column, first, holder, index_holder, rivals, wanted  # noqa: E402
from romm_stored import Refused, ask, store  # noqa: E402

SERVER_ERROR = "Internal Server Error"


class Answer(Exception):
    """The row that ends the login."""

    def __init__(self, rule, status, detail="", **more):
        super().__init__(rule)
        outcome = more.pop("outcome", None)
        if outcome is None:
            outcome = "server-error" if status >= 500 else "refused"
        self.verdict = {
            "outcome": outcome, "status": status, "detail": detail, "rule": rule,
            "user_id": 0, "other_id": 0, "session_id": 0, "session_status": 0, "username_after": "",
            "role_before": "", "role_after": "",
            "depends": False, **more,
        }


# --- Settings -------------------------------------------------------------

def release(text):
    """(major, minor, patch). A build from source may or may not have what was
    merged after 5.2.0; it is read as 5.2.0."""
    text = text.strip().removeprefix("v")
    if text == "development":
        return (5, 2, 0)
    numbers = text.split("-")[0].split("+")[0].split(".")
    return tuple(int(n) for n in (numbers + ["0"])[:3])


# Next: "OIDC usernames sanitised". What RomM accepts stays as it is; silent on
# what becomes of the rest, so that its collisions are not known.
ACCEPTED = re.compile(r"[a-zA-Z0-9_-]{3,255}", re.ASCII)


# --- The table ------------------------------------------------------------

def rows(case, database):
    """Evaluates the table top to bottom and raises the Answer."""
    settings, users, claims = case["settings"], case["users"], case["claims"]
    version = release(settings["version"])
    roles_of_five = version >= (5, 0, 0)
    is_next = version > (5, 2, 0)

    # 1  OIDC off -> 500 `OAuth disabled`
    if not settings.get("oidc_enabled", True):
        raise Answer("1", 500, "OAuth disabled")
    # 2  is about the protocol, not about claims.
    # 3  no ID token / userinfo -> 400
    if claims is None:
        raise Answer("3", 400, "Userinfo is missing from token.")

    # 4  `email` absent or null -> 400
    email = claims.get("email")
    if email is None:
        raise Answer("4", 400, "Email is missing from token.")
    # 4b `email` is "" -> passes

    # 5  `email_verified` is boolean false -> 400
    verified = claims.get("email_verified")
    if verified is False:
        raise Answer("5", 400, "Email is not verified.")
    # 6  anything but boolean true, and discovery lists it -> 400
    # 7  same, but `claims_supported` absent or without it -> passes; an empty
    #    list counts as absent
    if verified is not True and "email_verified" in (settings.get("claims_supported") or []):
        raise Answer("6", 400, "Email is not verified.")

    # 8  claim OIDC_USERNAME_ATTRIBUTE absent or null -> 400, also for existing
    #    users; "" passes. Up to 4.4.x there is no such variable, and a missing
    #    preferred_username lets existing users pass.
    has_attribute = version >= (4, 5, 0)
    attribute = "preferred_username"
    if has_attribute:
        # "one of blanks only is not" the default
        attribute = (settings.get("username_attribute") or attribute).strip()
    username = claims.get(attribute)
    if username is None and has_attribute:
        raise Answer("8", 400, f"'{attribute}' attribute is missing from token.")

    role = granted_role(settings, claims, version, roles_of_five)

    # 4c `email` is a number or list -> 500. The table lists it beside row 4;
    #    what fails is lower-casing it for the look-up, which comes after row
    #    13. Silent on booleans and objects: they cannot be lower-cased either.
    if not isinstance(email, str):
        raise Answer("4c", 500, SERVER_ERROR)

    # 19 an address that cannot be looked up
    handed(ask, email, database)
    user = first(users, database, "email", email)
    if user is None:
        new_user(settings, users, database, version, is_next, username, role, email)
    others = rivals(users, database, "email", email, user["email"])
    if others:
        either(case, users, database, [user, *others], role)
    known_user(users, database, user, role)


def either(case, users, database, found, role):
    """Several rows with one address: any answer is possible. The gravest one
    counts, else that of the lower id; the other one is the last that does not."""
    best = None
    for u in found:
        try:
            known_user(users, database, u, role)
        except Answer as a:
            other = a
        if best is None:
            best = other
            continue
        if gravity(case, other.verdict) > gravity(case, best.verdict):
            best, other = other, best
        best.verdict.update(other_id=other.verdict["user_id"], depends=True)
    raise best


def granted_role(settings, claims, version, roles_of_five):
    """Rows 9 to 13. None = no role decision."""
    name = (settings.get("claim_roles") or "").strip()
    # 9  OIDC_CLAIM_ROLES empty, or claim absent from the token -> no role
    #    decision. 4.3.1-4.7.x: configured but absent -> viewer.
    if name == "":
        return None
    if name not in claims:
        return None if version >= (4, 8, 0) else "viewer"
    claim = claims[name]
    # Older releases: 4.3.1-4.3.x role claim null -> 500 instead of 403.
    if claim is None and version < (4, 4, 0):
        raise Answer("12-4.3", 500, SERVER_ERROR)
    admin, editor, viewer = ((settings.get("role_" + r) or "").strip() for r in ("admin", "editor", "viewer"))
    # 13 non-zero number or boolean true -> 500 (viewer `*` does not help);
    #    0 and false count as empty. With OIDC_CLAIM_ROLES set and no
    #    OIDC_ROLE_*, everybody who has the claim gets 403: this row does not
    #    apply, as nothing is searched for.
    if isinstance(claim, (bool, int, float)) and claim and (admin or editor or viewer):
        raise Answer("13", 500, SERVER_ERROR)

    def contains(variable):  # Python's own `in`: list, string and object
        return bool(variable) and bool(claim) and variable in claim

    # 10 contains OIDC_ROLE_ADMIN -> admin; admin wins over the others
    if contains(admin):
        return "admin"
    # 11 else contains editor or viewer, or viewer is exactly `*` -> user
    #    (4.3.1-4.9.x: three roles, `*` only for viewer)
    if contains(editor):
        return "user" if roles_of_five else "editor"
    if contains(viewer) or viewer == "*":
        return "user" if roles_of_five else "viewer"
    # 12 else (null, empty, no match) -> 403
    raise Answer("12", 403, "User has not been granted any roles for this application.")


def new_user(settings, users, database, version, is_next, username, role, email):
    """Rows 14 to 15b: no user with that email."""
    # 14 registration off -> 403. 3.7.0-4.9.x: cannot be turned off.
    if version >= (5, 0, 0) and not settings.get("allow_registration", True):
        raise Answer("14", 403, "User registration is disabled. "
                     "Please contact an administrator to create an account.")
    # Up to 4.4.x: preferred_username missing, a new user -> database error 500.
    if username is None:
        raise Answer("8", 500, SERVER_ERROR)
    renamed = is_next and not (isinstance(username, str) and ACCEPTED.fullmatch(username))
    # 19 what the database refuses
    stored = "" if renamed else handed(store, username, database)
    # 15b username already taken -> 500, nothing created. Next: 409, by a
    #     look-up, which ignores case on both databases.
    find = (lambda: first(users, database, "username", stored)) if is_next else (
        lambda: index_holder(users, database, stored))
    owner = None if renamed else find()
    if owner is not None:
        who = {"user_id": owner["id"], "role_before": owner["role"], "role_after": owner["role"]}
        if is_next:
            raise Answer("15b", 409, f"Username '{stored}' is already taken. "
                         "Please contact an administrator.", **who)
        raise Answer("15b", 500, SERVER_ERROR, **who)
    # 19 again: the address; and the unique index, which may hold it though no
    #    look-up finds it
    if holder(users, database, "email", handed(store, email, database)):
        raise Answer("19", 500, SERVER_ERROR)
    # 15 creates user, as sent; role of 9-11
    if role is None:
        role = "user" if version >= (5, 0, 0) else "viewer"
    more = {"role_after": role, "username_after": stored, "depends": renamed}
    if not renamed:
        more.update(session(users, database, username, stored))
    succeed("15", "registers", more)


def known_user(users, database, user, role):
    """Rows 16 to 18: the user is found."""
    who = {"user_id": user["id"], "role_before": user["role"],
           # 16 role overwritten, also for a disabled user
           "role_after": user["role"] if role is None else role}
    # 17 user disabled -> 401
    if not user["enabled"]:
        raise Answer("17", 401, "Disabled user", **who)
    # 18 else 307
    succeed("18", "signs-in", {**who, **session(users, database, user["username"], user["username"])})


def succeed(rule, outcome, more):
    """20 a session that is not usable"""
    if more.get("session_status"):
        rule, outcome = "20", "no-session"
    raise Answer(rule, 307, outcome=outcome, **more)


def handed(do, value, database):
    """19"""
    try:
        return do(value, database)
    except Refused:
        raise Answer("19", 500, SERVER_ERROR) from None


def session(users, database, sent, stored):
    """Whose session follows: it names the account by the username as it was sent,
    or as it stands in the row. An empty one is none, one that is not text crashes.
    PostgreSQL's look-up goes without letter case, may find another row, which
    may be disabled, or none at all."""
    if not sent:
        return {"session_status": 401}
    if not isinstance(sent, str):
        return {"session_status": 500}
    others = rivals(users, database, "username", sent, stored)
    enabled = [u for u in others if u["enabled"]]
    for other in enabled or others:
        return {"session_id": other["id"], "session_status": 0 if enabled else 401}
    return {} if column(database, stored) == wanted(database, sent) else {"session_status": 401}


def verdict_on(case, database):
    try:
        rows(case, database)
    except Answer as a:
        return a.verdict
    raise AssertionError("the table has no end")


def gravity(case, verdict):
    """With an unknown database the graver answer counts: the session of
    somebody else, the account of somebody else, an error, a refusal, a new
    account, a plain login. An account is one's own only if the addresses are
    printable ASCII and equal but for letter case, and not empty."""
    if verdict["outcome"] in ("signs-in", "registers"):
        if verdict["session_id"]:
            return 5
        if verdict["user_id"]:
            email = case["claims"]["email"]
            owner = next(u for u in case["users"] if u["id"] == verdict["user_id"])["email"] or ""
            printable = all(" " <= c <= "~" for c in email + owner)
            own = email != "" and printable and email.lower() == owner.lower()
            return 0 if own else 4
        return 1
    return 3 if verdict["outcome"] in ("server-error", "no-session") else 2


def decide(case):
    database = case["settings"].get("database") or "unknown"
    if database != "unknown":
        return verdict_on(case, database)
    verdicts = [verdict_on(case, d) for d in DATABASES]
    if all(v == verdicts[0] for v in verdicts):
        return verdicts[0]
    return dict(max(verdicts, key=lambda v: gravity(case, v)), depends=True)


def main():
    for line in sys.stdin:
        case = json.loads(line)
        answer = dict(decide(case), name=case.get("name", ""))
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
