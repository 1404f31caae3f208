"""How the databases behind RomM compare text, read a second time.

The part of romm_rule.py that finds accounts. It shares nothing with the Go
engine but what a real MariaDB gave as weights (model/collate/data), and reads
docs/romm.md 2 Uniqueness: "MariaDB's equalities are the weights of its
collation", "look-ups compare lower() on both sides". Standard library only.
"""

import functools
import pathlib

COLLATIONS = {
    "mariadb": "utf8mb4_uca1400_ai_ci",
    "mariadb:utf8mb4_general_ci": "utf8mb4_general_ci",
    "mariadb:utf8mb4_unicode_ci": "utf8mb4_unicode_ci",
}
DATABASES = (*COLLATIONS, "postgresql")
# MySQL's default collation has no table here: that of MariaDB stands for it.
NO_PAD = "mysql:utf8mb4_0900_ai_ci"
COLLATIONS[NO_PAD] = "utf8mb4_uca1400_ai_ci"
MYSQLS = (NO_PAD, "mariadb:utf8mb4_general_ci", "mariadb:utf8mb4_unicode_ci")


class Collation:
    """The weights of characters and of sequences of them. What is not listed has
    a weight that nothing else has."""

    def __init__(self, name, padded):
        self.padded = padded
        self.weights, self.lowered = {}, {}
        file = pathlib.Path(__file__).parent.parent / "collate" / "data" / (name + ".tsv")
        for line in file.read_text(encoding="ascii").splitlines():
            if line.startswith("#"):
                continue
            weights, members = line.split("\t")
            lower = weights.startswith("lower ")
            weights = weights.removeprefix("lower ")
            weights = tuple(weights[i:i + 4] for i in range(0, len(weights), 4))
            for member in members.split():
                first, _, last = member.partition("-")
                if "+" in member:
                    texts = ["".join(chr(int(c, 16)) for c in member.split("+"))]
                else:
                    texts = [chr(c) for c in range(int(first, 16), int(last or first, 16) + 1)]
                for text in texts:
                    (self.lowered if lower else self.weights)[text] = weights
        self.longest = max(map(len, self.weights))
        self.blank = self.of(" ")

    def of(self, text):
        return self.weights.get(text, (text,))

    def key(self, text, lower):
        """Where texts are padded, trailing blanks do not count, nor what weighs as they do."""
        out, at = [], 0
        while at < len(text):
            size = next((n for n in range(self.longest, 1, -1) if len(text) - at >= n and text[at:at + n] in self.weights), 1)
            part = text[at:at + size]
            out.extend(self.lowered[part] if lower and part in self.lowered else self.of(part))
            at += size
        while self.padded and out and (out[-1],) == self.blank:
            out.pop()
        return tuple(out)


@functools.cache
def collation(database):
    return Collation(COLLATIONS[database], database != NO_PAD)


# RomM lowers in Python what it looks for, the database lowers the column.
# PostgreSQL's makes one letter of one letter.

@functools.lru_cache(100_000)
def column(database, text):
    if database == "postgresql":
        return "".join("i" if c == "İ" else c.lower() for c in text)
    return collation(database).key(text, True)


@functools.lru_cache(100_000)
def wanted(database, text):
    if database == "postgresql":
        return text.lower()
    return collation(database).key(text.lower(), False)


@functools.lru_cache(100_000)
def unique(database, text):
    """What the unique indexes compare."""
    if database == "postgresql":
        return text
    return collation(database).key(text, False)


def matches(users, database, field, value):
    """The rows that a look-up finds, by id. PostgreSQL reads them in the order in
    which it also lists them."""
    key = wanted(database, value)
    same = [u for u in users if u[field] is not None and column(database, u[field]) == key]
    return same if database == "postgresql" else sorted(same, key=lambda u: u["id"])


def first(users, database, field, value):
    """The one that counts as found: of several the first."""
    return next(iter(matches(users, database, field, value)), None)


def rivals(users, database, field, value, stored):
    """The rows that a look-up finds beside the one with the stored text: a
    database can hold two only where its unique index tells them apart."""
    return [u for u in matches(users, database, field, value) if unique(database, u[field]) != unique(database, stored)]


def holder(users, database, field, value):
    """Who holds this text under the unique index."""
    same = [u for u in users if u[field] is not None and unique(database, u[field]) == unique(database, value)]
    return same[0] if same and database == "postgresql" else min(same, key=lambda u: u["id"], default=None)


def index_holder(users, database, username):
    return holder(users, database, "username", username)
