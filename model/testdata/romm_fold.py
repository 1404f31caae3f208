"""How the databases behind RomM compare text, read a second time.

The part of romm_rule.py that finds accounts. It shares nothing with the Go
engine. Standard library only.
"""

import unicodedata

# Letters that Unicode does not decompose, but that the collation compares as
# their base letters all the same.
UNDECOMPOSED = str.maketrans({
    "ø": "o", "đ": "d", "ħ": "h", "ł": "l", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe",
})


def weightless(c):
    """Accents, invisible characters, control characters but white space."""
    kind = unicodedata.category(c)
    return kind in ("Mn", "Cf") or kind == "Cc" and c not in "\t\n\v\f\r\x85"


def collated(text):
    """MariaDB's default collation ignores case, accents, full-width forms,
    invisible characters and trailing blanks. Leading blanks count."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(c for c in text.translate(UNDECOMPOSED) if not weightless(c))
    return text.rstrip(" ")


# "Look-ups compare lower() on both sides": RomM lowers what it looks for, the
# database lowers the column. PostgreSQL's makes one letter of one letter.

def column(database, text):
    if database == "mariadb":
        return collated(text.lower())
    return "".join("i" if c == "İ" else c.lower() for c in text)


def wanted(database, text):
    if database == "mariadb":
        return collated(text.lower())
    return "".join(c.lower() for c in text)


def first(users, database, field, value):
    """The row that a look-up finds; of several the lowest id was seen."""
    key = wanted(database, value)
    same = [u for u in users if u[field] is not None and column(database, u[field]) == key]
    return min(same, key=lambda u: u["id"]) if same else None


def index_holder(users, database, username):
    """Who holds this username under the unique index: on MariaDB it ignores
    case and accents, on PostgreSQL it is exact."""
    if database == "mariadb":
        return first(users, database, "username", username)
    return min((u for u in users if u["username"] == username), key=lambda u: u["id"], default=None)
