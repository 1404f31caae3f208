"""Runs the expressions of scope mappings as Authentik does: as the body of a
function, with stand-ins for what they may use (docs/authentik.md 2).

One JSON object a line comes in, one goes out for each, in any order: a mapping
that waits for another service holds up no other. What there is no stand-in for
raises, and says so. Nothing but the standard library is used.
"""

import ast
import ipaddress
import json
import os
import re
import sys
import textwrap
import threading
import traceback
import uuid

MISSING = object()

# How long a call waits at least, in seconds, whatever limit it has: a service
# that runs on the same busy machine is slow now and then, and not down.
PATIENCE = 60


class Thing:
    """An object with the attributes that it is given, and no others."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class SkipObject(Exception):
    """Exists in Authentik; nothing catches it where claims are computed."""


def matches(row, name, wanted):
    """One condition of a Django filter, as far as the stand-in knows them."""
    field, _, how = name.partition("__")
    have = getattr(row, field)
    if isinstance(have, uuid.UUID):
        have, wanted = str(have), [str(w) for w in wanted] if how == "in" else str(wanted)
    if how in ("", "exact"):
        return have == wanted
    if how == "in":
        return have in wanted
    if how == "iexact":
        return have.lower() == wanted.lower()
    if how == "contains":
        return wanted in have
    if how == "icontains":
        return wanted.lower() in have.lower()
    if how == "startswith":
        return have.startswith(wanted)
    raise NotImplementedError("the stand-in knows no filter " + name)


class Rows:
    """A QuerySet as far as expressions use one. JSON cannot encode it."""

    def __init__(self, rows):
        self._rows = list(rows)

    def all(self):
        return self

    def filter(self, **wanted):
        return Rows(r for r in self._rows if all(matches(r, k, v) for k, v in wanted.items()))

    def exclude(self, **wanted):
        return Rows(r for r in self._rows if not all(matches(r, k, v) for k, v in wanted.items()))

    def order_by(self, name):
        return Rows(sorted(self._rows, key=lambda r: getattr(r, name.lstrip("-")), reverse=name.startswith("-")))

    def values_list(self, *names, flat=False):
        return [getattr(r, names[0]) if flat else tuple(getattr(r, n) for n in names) for r in self._rows]

    def first(self):
        return self._rows[0] if self._rows else None

    def exists(self):
        return bool(self._rows)

    def count(self):
        return len(self._rows)

    def __iter__(self):
        return iter(self._rows)

    def __len__(self):
        return len(self._rows)

    def __getitem__(self, at):
        return self._rows[at]


class User:
    """A user. Which relation holds the direct groups hangs on the release."""

    def __init__(self, fields, groups, fails, release, warn):
        self.__dict__.update(fields)
        self._groups, self._fails, self._release, self._warn = groups, fails, release, warn

    def all_groups(self):
        if self._fails:
            raise RuntimeError("the database is gone")
        return Rows(g for g, _ in self._groups)

    def _direct(self):
        return Rows(g for g, direct in self._groups if direct)

    @property
    def ak_groups(self):
        if self._release >= (2026, 2):
            self._warn()
        return self._direct()

    @property
    def groups(self):
        # Before 2026.2 this is an unused relation, and empty.
        return self._direct() if self._release >= (2026, 2) else Rows([])

    def group_attributes(self, request=None):
        merged = {}
        for group in self.all_groups():
            merged.update(group.attributes)
        merged.update(self.attributes)
        return merged

    def app_entitlements(self, application):
        return Rows([])  # the fake has none


class Response:
    """A requests.Response."""

    def __init__(self, answer, content, url):
        self.status_code, self.reason, self.headers = answer.status, answer.reason, answer.headers
        self.content, self.url, self.ok = content, url, answer.status < 400
        self.text = content.decode("utf-8", "replace")

    def json(self):
        return json.loads(self.text)

    def raise_for_status(self):
        if not self.ok:
            raise OSError("%d %s for %s" % (self.status_code, self.reason, self.url))


class Session:
    """A requests.Session that really asks, without proxies and cookies."""

    def __init__(self, agent, patience, calls):
        self.headers, self._patience, self._calls = {"User-Agent": agent, "Accept": "*/*"}, patience, calls

    def get(self, url, **options):
        return self.request("GET", url, **options)

    def post(self, url, data=None, json=None, **options):
        return self.request("POST", url, data=data, json=json, **options)

    def request(self, method, url, params=None, data=None, json=None, headers=None, timeout=MISSING, allow_redirects=True):
        from urllib.parse import urlencode, urljoin

        sent = {**self.headers, **(headers or {})}
        timeout = self._patience if timeout is MISSING else timeout
        if params:
            url += ("&" if "?" in url else "?") + urlencode(params, doseq=True)
        if json is not None:
            data = globals()["json"].dumps(json)
            sent.setdefault("Content-Type", "application/json")
        elif isinstance(data, dict):
            data = urlencode(data, doseq=True)
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        if isinstance(data, str):
            data = data.encode("utf-8")
        for _ in range(30):
            call = {"method": method, "url": url, "timeout": timeout, "redirects": allow_redirects, "headers": dict(sent)}
            call["body"] = (data or b"").decode("utf-8", "replace")
            self._calls.append(call)
            response = self._once(method, url, data, sent, timeout)
            target = response.headers.get("Location")
            if not allow_redirects or target is None or response.status_code not in (301, 302, 303, 307, 308):
                return response
            url = urljoin(url, target)
            if response.status_code < 307:
                method, data = "GET", None
        raise OSError("Exceeded 30 redirects.")

    def _once(self, method, url, data, headers, timeout):
        import http.client
        import socket
        from urllib.parse import urlsplit

        where = urlsplit(url)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if where.scheme not in kinds:
            raise ValueError("No connection adapters were found for %r" % url)
        limits = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        connect, read = (limit and max(limit, PATIENCE) for limit in limits)
        connection = kinds[where.scheme](where.hostname, where.port, timeout=connect)
        try:
            connection.connect()
            connection.sock.settimeout(read)
            connection.request(method, (where.path or "/") + ("?" + where.query if where.query else ""), data, headers)
            answer = connection.getresponse()
            return Response(answer, answer.read(), url)
        except socket.timeout as error:
            raise TimeoutError("%s did not answer in time" % where.netloc) from error
        finally:
            connection.close()


class Logger:
    """The structlog logger."""

    def __init__(self, lines):
        self._lines = lines

    def __getattr__(self, level):
        if level not in ("debug", "info", "warning", "error", "exception", "critical"):
            raise AttributeError(level)
        return lambda event="", **fields: self._lines.append([level, str(event), {k: str(v) for k, v in fields.items()}])


def helpers(asked, release, trace):
    """The names that every expression finds."""

    def lacks(name):
        def raises(*_, **__):
            raise NotImplementedError("the stand-in has no " + name)

        return raises

    def create_event(action, **context):
        trace["events"].append({"action": "custom_" + action, "context": json.loads(json.dumps(context, default=str))})

    found = {
        "ak_logger": Logger(trace["log"]),
        "requests": Session("authentik@" + asked["version"], 30 if release >= (2025, 4) else None, trace["calls"]),
        "SkipObject": SkipObject,
        "ak_create_event": create_event,
        "ak_is_group_member": lambda user, **wanted: user.all_groups().filter(**wanted).exists(),
        "ak_user_has_authenticator": lambda user, device_type=None: False,
        "list_flatten": lambda values: [x for v in values for x in (v if isinstance(v, list) else [v])],
        "regex_match": lambda value, regex: re.match(regex, value) is not None,
        "regex_replace": lambda value, regex, repl: re.sub(regex, repl, value),
        "slugify": lambda value: re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", value.lower())).strip("-_"),
        "ip_address": ipaddress.ip_address,
        "ip_network": ipaddress.ip_network,
    }
    for name, since in {
        "ak_user_by": (0,), "ak_call_policy": (0,), "resolve_dns": (0,), "reverse_dns": (0,),
        "ak_create_jwt": (2025, 2), "ak_send_email": (2025, 10), "ak_create_jwt_raw": (2025, 12),
    }.items():
        if release >= since:
            found[name] = lacks(name)
    return found


def person(asked, release, trace):
    """The user, or None where there is none."""
    if asked.get("user") is None:
        return None
    groups = []
    for g in asked.get("groups") or []:
        group = Thing(**{**g, "pk": uuid.UUID(g["pk"]), "group_uuid": uuid.UUID(g["pk"])})
        groups.append((group, g["direct"]))

    def warn():
        trace["events"].append({"action": "configuration_warning", "context": {"message": "ak_groups is deprecated"}})

    return User(asked["user"], groups, asked.get("groups_fail", False), release, warn)


def arguments(asked, release, trace):
    """What the function gets: the context of this evaluation."""
    user = person(asked, release, trace)
    request = Thing(user=user, obj=Thing(name=asked.get("mapping", "")), context={}, http_request=None)
    given = {"request": request}
    if user is not None:
        given["user"] = user
    if asked.get("path"):
        request.http_request = given["http_request"] = Thing(path=asked["path"], user=user, META={}, headers={})
    if asked.get("provider") is not None:
        provider = Thing(**asked["provider"])
        if asked.get("application") is not None:  # without one, Django raises
            provider.application = Thing(**asked["application"])
        given["provider"] = request.context["provider"] = provider
    if asked.get("token") is not None:
        given["token"] = request.context["token"] = Thing(user=user, session=None, **asked["token"])
    return given


def function(text, names):
    return "def handler(%s):\n%s" % (", ".join(names), textwrap.indent(text, "    "))


def converted(value):
    """What the API's answers make of a value that a token cannot hold."""
    if isinstance(value, (set, frozenset, tuple, Rows)):
        return [v if isinstance(v, (str, int, float, bool)) else str(getattr(v, "pk", v)) for v in value]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def run(asked):
    release = tuple(int(n) for n in re.findall(r"\d+", asked["version"])[:2])
    trace = {"log": [], "calls": [], "events": []}
    try:
        given = arguments(asked, release, trace)
        space = helpers(asked, release, trace)
        exec(compile(function(asked["text"], given), "<mapping>", "exec"), space)
        result = space["handler"](**given)
    except SkipObject:
        trace["crashed"] = "SkipObject"
        return trace
    except BaseException as error:  # also SystemExit: the worker goes on
        trace["raised"] = "".join(traceback.format_exception_only(type(error), error)).strip()
        return trace
    if result is None:
        return trace
    if not isinstance(result, dict):
        trace["log"].append(["warning", "mapping returned no dict", {"type": type(result).__name__}])
        return trace
    try:
        json.dumps(result, allow_nan=False)
        trace["result"] = result
    except (TypeError, ValueError, RecursionError) as error:
        trace["unencodable"] = str(error)
        try:
            trace["result"] = json.loads(json.dumps(result, default=converted, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            trace["crashed"] = str(error)
    return trace


def parse(asked):
    """What the compiler makes of the text, and the constants in it by name.

    Constants are the assignments of literals to names in capitals.
    """
    try:
        tree = ast.parse(function(asked["text"], ["request"]))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {"syntax": str(error).replace("<unknown>", "None")}
    constants = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
            node.value = ast.Constant(value=None)
    return {"program": ast.dump(tree), "constants": constants}


def main():
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    sys.stdout = open(os.devnull, "w")  # for expressions that print
    lock = threading.Lock()

    def answer(asked):
        try:
            reply = {"run": run, "parse": parse}[asked["op"]](asked["asked"])
            line = json.dumps({"id": asked["id"], "reply": reply})
        except BaseException as error:
            line = json.dumps({"id": asked["id"], "failed": repr(error)})
        with lock:
            out.write(line + "\n")
            out.flush()

    for line in sys.stdin.buffer:
        threading.Thread(target=answer, args=(json.loads(line),), daemon=True).start()
    os._exit(0)


main()
