"""What the databases behind RomM keep of a value, read a second time.

The part of romm_rule.py that knows columns and drivers: docs/romm.md 3 What the
database stores. It shares nothing with the Go engine. Standard library only.
"""

import decimal
import json

COLUMN = 255


class Refused(Exception):
    """The driver or the database ends in an error."""


def ask(text, database):
    """A text that a look-up hands over."""
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise Refused("half of a surrogate pair")
    if database == "postgresql" and "\0" in text:
        raise Refused("NUL")
    return text


def store(value, database):
    """What stands in a column of 255 characters afterwards. Too long is refused,
    blanks at the end aside."""
    text = value if isinstance(value, str) else as_text(value, database)
    ask(text, database)
    if text[COLUMN:].strip(" "):
        raise Refused("too long")
    return text[:COLUMN]


def as_text(value, database):
    if value is None:
        raise Refused("NULL")
    return postgresql(value) if database == "postgresql" else mariadb(value)


# --- MariaDB: numbers in binary, anything else as Python prints it -----------

def mariadb(value):
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        if value >= 2 ** 64:
            return str(2 ** 64 - 1)
        return "-1" if value < -2 ** 63 else str(value)
    if isinstance(value, float):
        if value in (float("inf"), float("-inf")):
            raise Refused("out of range")
        return number(value, -15, 15, 1)
    return repr(ordered(value))


def ordered(value):
    """Go forgets the order of an object's members, so it is not compared."""
    if isinstance(value, dict):
        return {k: ordered(value[k]) for k in sorted(value, key=lambda k: k.encode("utf-8", "surrogatepass"))}
    if isinstance(value, list):
        return [ordered(v) for v in value]
    return value


def number(value, low, high, digits):
    """The shortest decimal, plain between 10^low and 10^high, else with an
    exponent of that many digits."""
    if value == 0:
        return "-0" if str(value).startswith("-") else "0"
    sign, figures, exponent = decimal.Decimal(repr(value)).as_tuple()
    text = "".join(map(str, figures)).rstrip("0")
    exponent += len(figures) - len(text)
    power = len(text) - 1 + exponent
    if low <= power < high:
        plain = format(decimal.Decimal((sign, tuple(map(int, text)), exponent)), "f")
        return plain
    mantissa = text[0] + ("." + text[1:] if text[1:] else "")
    if digits == 1:
        return f"{'-' * sign}{mantissa}e{power}"
    return f"{'-' * sign}{mantissa}e{'-' if power < 0 else '+'}{abs(power):0{digits}}"


# --- PostgreSQL: the driver is psycopg 3 ----------------------------------------

def postgresql(value):
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return figure(value)
    if isinstance(value, list):
        leaves = list(flat(value))
        kinds = {type(v) for v in leaves}
        if len(kinds) > 1 or dict in kinds:
            raise Refused("mixed list")
        if kinds and str not in kinds and depth(value) > 6:
            raise Refused("too many dimensions")
        return array(value)
    raise Refused("no adapter")


def figure(value):
    if isinstance(value, int):
        return str(value)
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return number(value, -4, 15, 2)


def flat(value):
    for v in value:
        if isinstance(v, list):
            yield from flat(v)
        elif v is not None:
            yield v


def depth(value):
    """Of an array that PostgreSQL reads: rectangular, no empty part."""
    shapes = {depth(v) if isinstance(v, list) else 0 for v in value}
    sizes = {len(v) for v in value if isinstance(v, list)}
    if len(shapes) != 1 or len(sizes) > 1 or 0 in sizes:
        raise Refused("malformed array")
    return 1 + shapes.pop()


def array(value):
    parts = []
    for v in value:
        if v is None:
            parts.append("NULL")
        elif isinstance(v, list):
            parts.append(array(v))
        elif isinstance(v, bool):
            parts.append("t" if v else "f")
        elif isinstance(v, str):
            if v == "" or v.lower() == "null" or any(c in '"{},\\ \t\n\r\f\v' for c in v):
                v = '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"'
            parts.append(v)
        else:
            parts.append(figure(v))
    return "{" + ",".join(parts) + "}"
