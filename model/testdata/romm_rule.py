#!/usr/bin/env python3
"""RomM's OIDC rule, read a second time.

An independent transcription of the tables of docs/romm.md 3 for RomM 4.3.1 and
later, on MariaDB and on PostgreSQL, with and without links. It shares nothing
with the Go engine, so that the two can be compared: one case a line on standard
input, one verdict a line on standard output, in the form of `romm-admin decide`.
Standard library only. How the databases compare text is in romm_fold.py, what
they store in romm_stored.py.

The tables are quoted row by row in the comments. Where they are silent the
comment says "silent" and what was chosen.
"""

import dataclasses
import json
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))  # python3 -I leaves it out
from romm_fold import DATABASES, MYSQLS, column, first, holder, index_holder, rivals, wanted  # noqa: E402
from romm_stored import Refused, as_text, ask, store  # noqa: E402

CRASH = "Internal Server Error"
LINKED_ELSEWHERE = "This account is linked to a different identity at the provider. Please contact an administrator."
NOT_KNOWN = object()  # a link that nobody could tell


class Answer(Exception):
    """The row that ends the login."""

    def __init__(self, rule, status, detail="", **more):
        super().__init__(rule)
        self.verdict = {
            "outcome": "server-error" if status >= 500 else "refused", "status": status, "detail": detail, "rule": rule,
            "user_id": 0, "other_id": 0, "session_id": 0, "session_status": 0, "username_after": "", "role_before": "",
            "role_after": "", "email_after": "", "link_after": "", "depends": False, **more,
        }


def crash(rule):
    return Answer(rule, 500, CRASH)


# --- Releases ---------------------------------------------------------------

@dataclasses.dataclass
class Release:
    """What a family of releases does, docs/romm.md 3 Families."""
    null_role_crashes: bool = False   # 4.3
    name_needed: bool = True          # from 4.5
    absent_role_resets: bool = False  # up to 4.7
    three_roles: bool = False         # up to 4.9, and registration cannot be off
    sanitises: bool = False           # from 5.3
    links: bool = False               # from 5.4
    role_sets: object = False         # None: not known, 5.4; True: from 5.5


def release(text):
    """A build from source may or may not have later rules; it is read as 5.2."""
    text = text.strip().removeprefix("v")
    if text == "development":
        text = "5.2.0"
    v = tuple(int(n) for n in re.split(r"[-+]", text)[0].split("."))[:2]
    return Release(
        null_role_crashes=v == (4, 3), name_needed=v >= (4, 5), absent_role_resets=v < (4, 8), three_roles=v < (5, 0),
        sanitises=v >= (5, 3), links=v >= (5, 4), role_sets=None if v == (5, 4) else v >= (5, 5))


# --- One login --------------------------------------------------------------

class Login:
    def __init__(self, case, database, claims=None, nth=0):
        settings = case["settings"]
        self.settings, self.users, self.database = settings, case["users"], database
        self.claims = case["claims"] if claims is None else claims
        self.userinfo = case.get("userinfo")
        self.release = release(settings["version"])
        self.attribute = "preferred_username"
        if self.release.name_needed:  # there is the variable; blanks are not its default
            self.attribute = (settings.get("username_attribute") or self.attribute).strip()
        self.role_claim = (settings.get("claim_roles") or "").strip()
        self.role = None  # no role decision
        self.nth, self.ways = nth, 1  # which of the rows with the address is found, of how many
        self.lists_matter = False

    def handed(self, do, value):
        """19: what the database refuses."""
        try:
            return do(value, self.database)
        except Refused:
            raise crash("19") from None

    # Rows 1 to 13: the token alone.

    def token(self):
        # 1  OIDC is off
        if not self.settings.get("oidc_enabled", True):
            raise Answer("1", 500, "OAuth disabled")
        # 3  no ID token, no userinfo
        if self.claims is None:
            raise Answer("3", 400, "Userinfo is missing from token.")
        if self.release.links:
            self.claims = self.filled()
        # 4  email absent or null; 4b "" passes
        email = self.claims.get("email")
        if email is None:
            raise Answer("4", 400, "Email is missing from token.")
        # 5  email_verified is the boolean false
        verified = self.claims.get("email_verified")
        if verified is False:
            raise Answer("5", 400, "Email is not verified.")
        # 6, 7  anything but true counts when discovery lists the claim
        if verified is not True and "email_verified" in (self.settings.get("claims_supported") or []):
            raise Answer("6", 400, "Email is not verified.")
        # 8  the username claim is absent or null
        if self.claims.get(self.attribute) is None and self.release.name_needed:
            raise Answer("8", 400, f"'{self.attribute}' attribute is missing from token.")
        self.grant()
        self.email = email

    def filled(self):
        """UserInfo: asked when a wanted claim is absent; a claim in the ID token
        counts, even null."""
        wants = ["email", "email_verified", self.attribute] + ([self.role_claim] if self.role_claim else [])
        missing = [name for name in wants if name not in self.claims]
        info = self.userinfo
        if not missing or not info:
            return self.claims
        # An answer that fails, is no object or is about another subject is ignored.
        more = info.get("claims")
        if not 200 <= info["status"] < 300 or not isinstance(more, dict) or more.get("sub") != self.claims.get("sub"):
            return self.claims
        other = more.get("email")
        # 4d  its address is not text
        if other is not None and not isinstance(other, str):
            raise crash("4d")
        out = dict(self.claims)
        for name in missing:
            if name in more:
                out[name] = more[name]
        # email_verified is about the address beside it; silent on one in the token
        # that is not text: another one
        own = self.claims.get("email")
        if "email" in self.claims and "email_verified" in missing and (
                not isinstance(own, str) or other is None or other.lower() != own.lower()):
            out.pop("email_verified", None)
        return out

    def grant(self):
        """Rows 9 to 13."""
        # 9  no claim configured, or it is absent
        if self.role_claim == "":
            return
        if self.role_claim not in self.claims:
            if self.release.absent_role_resets:
                self.role = "viewer"
            return
        claim = self.claims[self.role_claim]
        # 12-4.3
        if claim is None and self.release.null_role_crashes:
            raise crash("12-4.3")
        found = self.granted(claim, bool(self.release.role_sets))
        if self.release.role_sets is None:
            self.lists_matter = found != self.granted(claim, True)
        if found == "13":
            raise crash("13")
        if found == "12":
            raise Answer("12", 403, "User has not been granted any roles for this application.")
        self.role = found

    def granted(self, claim, sets):
        """The role, or the row that ends the login."""
        admin, editor, viewer = ((self.settings.get("role_" + r) or "").strip() for r in ("admin", "editor", "viewer"))
        low = {"admin": "admin", "editor": "editor" if self.release.three_roles else "user",
               "viewer": "viewer" if self.release.three_roles else "user"}
        if sets:
            # From 5.5: comma lists, the claim as a set; what cannot be in one crashes
            try:
                has = {claim} if isinstance(claim, str) else set(claim or ())
            except TypeError:
                return "13"
            has = {h for h in has if isinstance(h, str)} - {""}
            a, e, v = ({p.strip() for p in x.split(",")} - {""} for x in (admin, editor, viewer))
            found = "admin" if has & a else "editor" if has & e else "viewer" if has & v or "*" in v else None
            return low[found] if found else "12"
        # One literal each, searched by Python's `in`; nothing is, while none is set
        if isinstance(claim, (bool, int, float)):
            if claim and (admin or editor or viewer):
                return "13"
            claim = []
        for name, value in (("admin", admin), ("editor", editor), ("viewer", viewer)):
            if value and claim and value in claim:
                return low[name]
        return low["viewer"] if viewer == "*" else "12"

    # Rows 14 to 24: the account.

    def account(self):
        if self.release.links:
            self.linked()
        user = self.by_address()
        if user is None:
            self.register(None)
        # 16  the role is written, of a disabled account too
        who = self.who(user, self.role)
        # 17
        if not user["enabled"]:
            raise Answer("17", 401, "Disabled user", **who)
        # 18
        self.open("18", user, who)

    def by_address(self):
        # 4c  an address that is not text fails in the look-up
        if not isinstance(self.email, str):
            raise crash("4c")
        self.handed(ask, self.email)
        user = first(self.users, self.database, "email", self.email)
        if user is None:
            return None
        rows = [user, *rivals(self.users, self.database, "email", self.email, user["email"])]
        self.ways, self.row = len(rows), rows[self.nth]
        return self.row

    def who(self, user, role=None, **more):
        return {"user_id": user["id"], "role_before": user["role"], "role_after": role or user["role"],
                "email_after": form(user["email"]), "link_after": self.link_form(link_of(user)), **more}

    def link_form(self, link):
        if not self.release.links or link is NOT_KNOWN:
            return ""
        return "/".join(form(x) for x in link)

    def register(self, link):
        """14, 15, 15b, 19, 20"""
        if not self.release.three_roles and not self.settings.get("allow_registration", True):
            raise Answer("14", 403, "User registration is disabled. Please contact an administrator to create an account.")
        sent = self.claims.get(self.attribute)
        if sent is None:  # up to 4.4, where row 8 does not stop it
            raise crash("8")
        if self.release.sanitises:
            # From 5.3: made acceptable, so it has to be text; looked up, so without letter case
            if not isinstance(sent, str):
                raise crash("19")
            sent = stored = sanitised(sent, self.email)
            owner = first(self.users, self.database, "username", stored)
        else:
            stored = self.handed(store, sent)
            owner = index_holder(self.users, self.database, stored)
        if owner:
            if self.release.sanitises:
                raise Answer("15b", 409, f"Username '{stored}' is already taken. Please contact an administrator.", **self.who(owner))
            raise Answer("15b", 500, CRASH, **self.who(owner))
        email = self.handed(store, self.email)
        if self.index_has(email):
            raise crash("19")
        written = (None, None) if link is None else link if link is NOT_KNOWN else tuple(self.handed(store, x) for x in link)
        role = self.role or ("viewer" if self.release.three_roles else "user")
        more = {"role_after": role, "username_after": stored, "email_after": form(email), "link_after": self.link_form(written)}
        self.succeed("15", "registers", {**more, **self.session(sent, stored)})

    def index_has(self, email):
        """The unique index finds what the look-up misses: Python lower-cases some
        letters otherwise than the database."""
        return bool(holder(self.users, self.database, "email", email))

    def open(self, rule, user, who):
        self.succeed(rule, "signs-in", {**who, **self.session(user["username"], user["username"])})

    def succeed(self, rule, outcome, more):
        # 20  a session that is not usable
        if more.get("session_status"):
            rule, outcome = "20", "no-session"
        raise Answer(rule, 307, outcome=outcome, **more)

    def session(self, sent, stored):
        """The session names the account by the username as it was sent, or as it
        stands in the row. Empty is none, what is not text crashes. PostgreSQL may
        find another row, which may be disabled, or none."""
        if not sent:
            return {"session_status": 401}
        if not isinstance(sent, str):
            return {"session_status": 500}
        others = rivals(self.users, self.database, "username", sent, stored)
        enabled = [u for u in others if u["enabled"]]
        for other in enabled or others:
            return {"session_id": other["id"], "session_status": 0 if enabled else 401}
        return {} if column(self.database, stored) == wanted(self.database, sent) else {"session_status": 401}

    # Rows 21 to 24: links.

    def linked(self):
        known = "iss" in self.claims and "sub" in self.claims
        iss, sub = self.claims.get("iss"), self.claims.get("sub")
        link = (iss, sub) if isinstance(iss, str) and iss and sub else None
        if not known:
            link = NOT_KNOWN
        # 21  an account holds exactly issuer and subject
        if known and link:
            self.handed(ask, iss)
            user = self.by_link(iss, sub)
            if user:
                self.by_its_link(user, link)
        user = self.by_address()
        self.identity = link  # for what is not known, see below
        if user is None:
            self.register(link)
        has = link_of(user)
        # 22  the address is that of an account of the same issuer with another subject
        if known and link and has is not NOT_KNOWN and has[0] == iss and has[1] is not None:
            raise Answer("22", 403, LINKED_ELSEWHERE, **self.who(user))
        # 17  and nothing is written
        if not user["enabled"]:
            raise Answer("17", 401, "Disabled user", **self.who(user))
        # 18  no link is made of an empty one; 23  else it is written
        who = self.who(user, self.role)
        if link is None:
            self.open("18", user, who)
        if link is not NOT_KNOWN:
            link = tuple(self.handed(store, x) for x in link)
        self.open("23", user, {**who, "link_after": self.link_form(link)})

    def by_link(self, iss, sub):
        of_issuer = [u for u in self.users if link_of(u) is not NOT_KNOWN and link_of(u)[0] == iss and link_of(u)[1] is not None]
        if isinstance(sub, (bool, int, float)) and self.database != "postgresql":
            # MariaDB compares numbers, and the index has them in order
            same = [u for u in of_issuer if leading(link_of(u)[1]) == sub]
            return min(same, key=lambda u: link_of(u)[1].encode("utf-8"), default=None)
        text = sub
        if not isinstance(sub, str):
            text = self.handed(as_text, sub)
        self.handed(ask, text)
        return next((u for u in of_issuer if link_of(u)[1] == text), None)

    def by_its_link(self, user, link):
        if not user["enabled"]:
            raise Answer("17", 401, "Disabled user", **self.who(user))
        who = self.who(user, self.role)
        # 24  the address follows, unless somebody has it, by look-up or by index
        old = user["email"] or ""
        if not isinstance(self.email, str) or self.email.lower() != old.lower():
            if self.by_address() is None:
                email = self.handed(store, self.email)
                if not self.index_has(email):
                    who["email_after"] = form(email)
        # A subject that is no text differs from what is stored: it is written again
        if not isinstance(link[1], str):
            who["link_after"] = self.link_form(tuple(self.handed(store, x) for x in link))
        self.open("21", user, who)


def form(text):
    return "NULL" if text is None else "=" + text


def link_of(user):
    if "oidc_issuer" not in user and "oidc_sub" not in user:
        return NOT_KNOWN
    return user.get("oidc_issuer"), user.get("oidc_sub")


def leading(text):
    """The number that MariaDB reads at the beginning of a text."""
    m = re.match(r"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", text, re.ASCII)
    return float(m.group(1)) if m else 0.0


def sanitised(name, email):
    """Usernames from 5.3 on: the claim, else the local part of the address, else
    user."""
    for text in (name, email.split("@")[0]):
        text = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:255]
        if len(text) >= 3:
            return text
    return "user"


# --- What is not known: every way is tried, the gravest counts --------------

def run(case, database, claims=None, nth=0):
    """The verdict, and the login that gave it."""
    login = Login(case, database, claims, nth)
    try:
        login.token()
        login.account()
    except Answer as a:
        return a.verdict, login
    raise AssertionError("the table has no end")


def gravity(case, verdict):
    """The session of somebody else, the account of somebody else, an error, a
    refusal, a new account, a plain login. An account is one's own by its link, or
    if the addresses are printable ASCII and equal but for letter case, and not
    empty."""
    if verdict["outcome"] in ("signs-in", "registers"):
        if verdict["session_id"]:
            return 5
        if not verdict["user_id"]:
            return 1
        email = verdict["email"]
        owner = next(u for u in case["users"] if u["id"] == verdict["user_id"])["email"] or ""
        printable = all(" " <= c <= "~" for c in email + owner)
        own = verdict["rule"] == "21" or email != "" and printable and email.lower() == owner.lower()
        return 0 if own else 4
    return 3 if verdict["outcome"] in ("server-error", "no-session") else 2


def on(case, database):
    """The verdict on one database, whichever of the rows with one address comes
    first: "each of them may be opened". That of the first is told, and the next
    one that changes the verdict."""
    _, login = run(case, database)
    verdict = whichever_link(case, database, 0)
    for nth in range(1, login.ways):
        other, found = whichever_link(case, database, nth), run(case, database, nth=nth)[1].row
        if (other["user_id"], other["rule"]) != (verdict["user_id"], verdict["rule"]):
            return dict(verdict, other_id=found["id"], depends=True)
    return verdict


def whichever_link(case, database, nth):
    """Whatever the links are: an account whose link is not known counts as unlinked
    or this person's, which are one; it may be another person's, as one that is linked
    may be to a person of whom the token does not say who it is."""
    verdict, login = run(case, database, nth=nth)
    verdict["email"] = getattr(login, "email", None)
    link = getattr(login, "identity", None)
    if link is None:
        return verdict
    linked = [u for u in case["users"] if link_of(u) is not NOT_KNOWN and None not in link_of(u)]
    doubted = [u for u in case["users"] if link_of(u) is NOT_KNOWN] + (linked if link is NOT_KNOWN else [])
    return dict(verdict, depends=bool(doubted))


def decide(case):
    database = case["settings"].get("database") or "unknown"
    candidates = {"unknown": DATABASES, "mysql": MYSQLS}.get(database)
    if candidates is None:
        verdict = on(case, database)
    else:
        verdicts = [on(case, d) for d in candidates]
        verdict = verdicts[0]
        if any(v != verdict for v in verdicts):
            verdict = dict(max(verdicts, key=lambda v: gravity(case, v)), depends=True)
    # 5.4: whether OIDC_ROLE_* are lists is not known
    login = Login(case, "mariadb")
    try:
        login.token()
    except Answer:
        pass
    verdict = dict(verdict, depends=verdict["depends"] or login.lists_matter)
    del verdict["email"]
    return verdict


def main():
    for line in sys.stdin:
        case = json.loads(line)
        answer = dict(decide(case), name=case.get("name", ""))
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
