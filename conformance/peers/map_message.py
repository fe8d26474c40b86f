"""Maps a concluding message of Tianjin (XML) to Beijing's (JSON) with lxml and json, as the gateway's adapters do it.

The same work on the same data files: every check digit, date, code table, item and division; where each field came from and whether it
is lossless, found out by converting it back; the written message read back before it counts. Rules are compiled once, so that a message
is a loop over functions; nothing is kept from one message to the next. Usage: map_message.py ROOT ROUNDS < MESSAGE
"""
import csv
import json
import re
import sys
import time
import tomllib
from datetime import date, datetime, timedelta, timezone
from operator import mul
from pathlib import Path

from lxml import etree

# Check digits: GB 32100 and GB 11714, GB 11643, GB/T 36904 (ISO 7064 MOD 37,36).
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
VALUES = {character: value for value, character in enumerate(ALPHABET)}
WEIGHTS = [pow(3, place, 31) for place in range(17)]
BASE_36 = {character: value for value, character in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]
CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII).fullmatch
CITIZEN_ID = re.compile(r"[0-9]{17}[0-9X]", re.ASCII).fullmatch
LICENSE_ID = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18})\.([0-9A-Z]{10,32})\.([0-9A-Z]{3})\.([0-9A-Z])", re.ASCII
).fullmatch
CASE_ID = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII).fullmatch
ITEM_ID = re.compile(r"JJJ-[0-9]{3}", re.ASCII).fullmatch
DIVISION = re.compile(r"[0-9]{6}(?:[0-9]{6})?", re.ASCII).fullmatch
DIVISION_6 = re.compile(r"[0-9]{6}", re.ASCII).fullmatch
DIVISION_12 = re.compile(r"[0-9]{12}", re.ASCII).fullmatch
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII).fullmatch
LOCAL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}|\.[0-9])?", re.ASCII).fullmatch
RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?\+08:00", re.ASCII).fullmatch
CONTROL = re.compile("[\0-\x1f\x7f-\x9f]").search
ESCAPED = re.compile("&(?:lt;|gt;|amp;|quot;|apos;|#)").search
EAST_8 = timezone(timedelta(hours=8))
UTC = timezone.utc
PARSER = etree.XMLParser(resolve_entities=False, no_network=True)


class Refused(Exception):
    """A message that does not hold."""


def credit_code(text):
    if not CREDIT_CODE(text):
        raise Refused("credit code")
    if ALPHABET[(31 - sum(map(mul, WEIGHTS, map(VALUES.__getitem__, text[:17]))) % 31) % 31] != text[17]:
        raise Refused("check digit")
    rest = 11 - sum(map(mul, ORGANISATION_WEIGHTS, map(BASE_36.__getitem__, text[8:16]))) % 11
    if "0123456789X0"[rest] != text[16]:
        raise Refused("organisation check digit")


def citizen_id(text):
    if not CITIZEN_ID(text) or "10X98765432"[sum(map(mul, CITIZEN_WEIGHTS, map(int, text[:17]))) % 11] != text[17]:
        raise Refused("citizen id")
    date(int(text[6:10]), int(text[10:12]), int(text[12:14]))


def license_id(text):
    parts = LICENSE_ID(text)
    if not parts:
        raise Refused("licence id")
    kind, issuer, serial, version, check = parts.groups()
    product = 36
    for value in map(BASE_36.__getitem__, kind + issuer + serial + version):
        product = ((product + value) % 36 or 36) * 2 % 37
    if BASE_36[check] != (37 - product) % 36:
        raise Refused("check character")
    credit_code(kind[:18])
    credit_code(issuer)


def text(value):
    if not value or value.strip() != value or len(value) > 200 or CONTROL(value):
        raise Refused("text")


def matching(pattern):
    def check(value):
        if not pattern(value):
            raise Refused("format")

    return check


def one_of(*choices):
    known = frozenset(choices)

    def check(value):
        if value not in known:
            raise Refused("choice")

    return check


def day(value):
    if not DATE(value):
        raise Refused("date")
    date.fromisoformat(value)


def instant(value):
    if canonical(datetime.fromisoformat(value)) != value:
        raise Refused("time")


def validity(value):
    if value != "no_expiry":
        day(value)


ID_TYPES = one_of("resident_identity_card", "passport", "residence_permit", "credit_code")

# The fields of a conclusion in the order of the field table: how each is checked, and whether it must be there.
FIELDS = {
    "from": (matching(re.compile("[1-9][0-9]0000", re.ASCII).fullmatch), True),
    "item": (matching(ITEM_ID), True),
    "case_id": (matching(CASE_ID), True),
    "local_item_code": (text, True),
    "division": (matching(DIVISION), True),
    "authority.code": (credit_code, True),
    "authority.name": (text, True),
    "message.sequence": (matching(re.compile("[1-9][0-9]{0,4}", re.ASCII).fullmatch), False),
    "message.version": (matching(re.compile("[1-9][0-9]{0,4}", re.ASCII).fullmatch), False),
    "message.catalogue_edition": (text, False),
    "applicant.kind": (one_of("natural_person", "legal_person"), True),
    "applicant.name": (text, True),
    "applicant.id_type": (ID_TYPES, True),
    "applicant.id_number": (text, True),
    "accepted_at": (instant, False),
    "concluded_at": (instant, True),
    "decision": (one_of("grant", "refuse"), True),
    "license.id": (license_id, False),
    "license.number": (text, True),
    "license.name": (text, True),
    "license.type": (text, False),
    "license.issuer.code": (credit_code, True),
    "license.issuer.name": (text, True),
    "license.holder.name": (text, True),
    "license.holder.id": (text, True),
    "license.holder.id_type": (ID_TYPES, False),
    "license.issued_on": (day, False),
    "license.valid_from": (day, False),
    "license.valid_until": (validity, False),
}
CHECKS = [(name, check, required) for name, (check, required) in FIELDS.items()]


class Standards:
    """Items and divisions."""

    def __init__(self, root):
        self.items = {path.stem for path in (root / "standards/items").glob("JJJ-*.toml")}
        rows = (root / "standards/data/divisions.csv").read_text(encoding="utf-8").splitlines()
        table = csv.DictReader(row for row in rows if not row.startswith("#"))
        self.divisions = {row["code"]: (row["name"], row["superseded_by"]) for row in table}

    def check(self, fields):
        """Everything that must hold for the canonical fields of a conclusion."""
        for name, check, required in CHECKS:
            value = fields.get(name)
            if value is not None:
                check(value)
            elif required:
                raise Refused(name)
        if fields["item"] not in self.items:
            raise Refused("item")
        division = fields["division"]
        if division[:6] not in self.divisions or division[:2] != fields["from"][:2]:
            raise Refused("division")
        is_legal = fields["applicant.kind"] == "legal_person"
        id_type, number = fields["applicant.id_type"], fields["applicant.id_number"]
        if is_legal != (id_type == "credit_code"):
            raise Refused("applicant")
        if is_legal:
            credit_code(number)
        elif id_type == "resident_identity_card":
            citizen_id(number)
        accepted, concluded = fields.get("accepted_at"), fields["concluded_at"]
        if accepted and datetime.fromisoformat(accepted) > datetime.fromisoformat(concluded):
            raise Refused("times")
        if "license.id" in fields and fields["license.id"].split(".")[6] != fields["license.issuer.code"]:
            raise Refused("licence issuer")
        until = fields.get("license.valid_until", "no_expiry")
        if until != "no_expiry":
            for start in (fields.get("license.issued_on"), fields.get("license.valid_from")):
                if start and until < start:
                    raise Refused("validity")


def canonical(moment):
    text = moment.astimezone(UTC).isoformat()[:-6]
    return (text.rstrip("0") if "." in text else text) + "Z"


def transforms(codes, items, row):
    """The pair of functions of one rule: from the region's text, and back."""
    name = row["transform"]
    if name == "text":
        def read(value):
            value = value.strip()
            if CONTROL(value) or ("&" in value and ESCAPED(value)):
                raise Refused("text")
            return value
        return read, lambda value: value
    if name == "code":
        rows = codes[row["table"]]
        reading = {code["code"]: code.get("exact") or code.get("lossy") for code in rows}
        writing = {}
        for code in rows:
            for value in [code.get("exact"), *code.get("also_writes", [])]:
                writing.setdefault(value, code["code"])
        def read(value):
            found = reading.get(value)
            if found is None:
                raise Refused("code")
            return found
        return read, writing.get
    by_code = {item["code"]: item["item"] for item in items}
    by_item = {}
    for item in items:
        by_item.setdefault(item["item"], item["code"])
    def item_read(value):
        found = by_code.get(value)
        if found is None:
            raise Refused("item")
        return found
    if name == "item":
        return item_read, by_item.get
    if name == "item_code":
        def read(value):
            item_read(value)
            return value
        return read, lambda value: value if value in by_code else None
    if name == "division_6":
        def read(value):
            if not DIVISION_6(value):
                raise Refused("division")
            return value
        return read, lambda value: value[:6]
    if name == "division_12":
        def read(value):
            if not DIVISION_12(value):
                raise Refused("division")
            return value.removesuffix("000000") if value.endswith("000000") else value
        return read, lambda value: value.ljust(12, "0")
    if name == "region_of_division":
        def read(value):
            if not DIVISION(value):
                raise Refused("division")
            return value[:2] + "0000"
        return read, lambda value: value
    if name == "time_local":
        def read(value):
            if not LOCAL(value):
                raise Refused("time")
            return canonical(datetime.fromisoformat(value).replace(tzinfo=EAST_8))
        return read, lambda value: datetime.fromisoformat(value).astimezone(EAST_8).isoformat(" ", "seconds")[:19]
    if name == "time_rfc3339":
        def read(value):
            if not RFC3339(value):
                raise Refused("time")
            return canonical(datetime.fromisoformat(value))
        return read, lambda value: datetime.fromisoformat(value).astimezone(EAST_8).isoformat(timespec="milliseconds")
    if name == "date":
        def read(value):
            day(value)
            return value
        return read, lambda value: value
    if name == "validity":
        no_expiry = row["no_expiry"]
        def read(value):
            if value == no_expiry:
                return "no_expiry"
            if value.startswith("9999-"):
                raise Refused("no date")
            day(value)
            return value
        return read, lambda value: no_expiry if value == "no_expiry" else value
    raise SystemExit(f"unknown transform {name}")


class Region:
    """The rules of one region for conclusions, compiled from its folder."""

    def __init__(self, folder):
        names = ("mapping.toml", "codes.toml", "items.toml")
        mapping, codes, items = (tomllib.loads((folder / name).read_text(encoding="utf-8")) for name in names)
        self.wire = mapping["wire"]
        self.when = next(row["when"] for row in mapping["message"] if row["kind"] == "conclusion")
        self.blank = frozenset({"empty": "", "null": "null"}[blank] for blank in mapping["blank"] if blank != "absent")
        self.rules = []
        for row in mapping["field"]:
            if row["field"] in FIELDS and "conclusion" in row.get("in", ["conclusion"]):
                read, write = transforms(codes, items["item"], row)
                source = row["source"]
                is_number, tokens = row.get("kind") == "number", source.split("/")[1:]
                place = self.locate(source)
                self.rules.append((row["field"], source, place, row["transform"], read, write, is_number, tokens))
        rows = [row["source"] for row in mapping["not_carried"] if "conclusion" in row.get("in", ["conclusion"])]
        self.read_past = {source: self.locate(source) for source in rows}
        self.known = {rule[1] for rule in self.rules} | {condition["source"] for condition in self.when}
        self.place_of = {rule[0]: rule for rule in self.rules}

    def locate(self, source):
        if "json" in self.wire:
            return source
        names = self.wire["xml"]
        group = f"/{names['root']}/{names['group']}/"
        return group + source if source[0] == "@" else f"{group}{names['entry']}[@{names['name_attribute']}='{source}']"

    def parse_xml(self, message):
        names = self.wire["xml"]
        root = etree.fromstring(message, PARSER)
        if root.tag != names["root"] or root.attrib or len(root) != 1 or root[0].tag != names["group"]:
            raise Refused("shape")
        values = {"@" + name: value for name, value in root[0].attrib.items()}
        entry, attribute = names["entry"], names["name_attribute"]
        for element in root[0]:
            name = element.get(attribute)
            if element.tag != entry or name is None or len(element.attrib) != 1 or len(element) or name in values:
                raise Refused("shape")
            values[name] = element.text or ""
        return values

    def parse_json(self, message):
        values = {}
        def walk(node, path):
            for key, value in node.items():
                if type(value) is dict:
                    walk(value, f"{path}/{key}")
                else:
                    values[f"{path}/{key}"] = value
        def members(pairs):
            found = dict(pairs)
            if len(found) != len(pairs):
                raise Refused("a key twice")
            return found
        walk(json.loads(message, object_pairs_hook=members), "")
        return values

    def check_kind(self, values):
        for condition in self.when:
            if values.get(condition["source"]) not in condition["one_of"]:
                raise Refused("another kind of message")

    def fields_of(self, values, explanation):
        """The canonical fields; with a list for it, each one's origin too."""
        self.check_kind(values)
        fields, blank = {}, self.blank
        for field, source, place, transform, read, write, is_number, _ in self.rules:
            value = values.get(source)
            if value is None or value in blank:
                continue
            if is_number != (type(value) is int):
                raise Refused("kind")
            value = str(value) if is_number else value
            fields[field] = found = read(value)
            if explanation is not None:
                lossless = write(found) == value
                original = None if lossless else value
                explanation.append({"field": field, "source_path": place, "transform": transform, "original": original})
        if not self.known.issuperset(values):
            for source, value in values.items():
                if source not in self.known:
                    if source not in self.read_past:
                        raise Refused("unknown field")
                    if explanation is not None:
                        place = self.read_past[source]
                        explanation.append({"field": None, "source_path": place, "transform": None, "original": value})
        return fields

    def write_json(self, fields):
        root, done = {}, set()
        for field, source, _, _, _, write, is_number, tokens in self.rules:
            if source in done or field not in fields:
                continue
            value = write(fields[field])
            if value is None:
                continue
            done.add(source)
            node = root
            for token in tokens[:-1]:
                node = node.setdefault(token, {})
            node[tokens[-1]] = int(value) if is_number else value
        return json.dumps(root, ensure_ascii=False).encode()


def map_message(message, standards, tianjin, beijing):
    explanation = []
    fields = tianjin.fields_of(tianjin.parse_xml(message), explanation)
    standards.check(fields)
    superseded = standards.divisions[fields["division"][:6]][1]
    written = beijing.write_json(fields)
    back = beijing.fields_of(beijing.parse_json(written), None)
    standards.check(back)
    if back["item"] != fields["item"]:
        raise Refused("another item")
    places, carried = beijing.place_of, []
    for field in filter(fields.__contains__, FIELDS):
        rule, value = places.get(field), fields[field]
        row = {"field": field, "source_path": rule and rule[2], "transform": rule and rule[3]}
        row["original"] = None if back.get(field) == value else value
        carried.append(row)
    return written, explanation, carried, superseded


def main():
    root, rounds = Path(sys.argv[1]), int(sys.argv[2])
    message = sys.stdin.buffer.read()
    standards = Standards(root)
    regions = root / "adapters/regions"
    tianjin, beijing = Region(regions / "120000-tianjin"), Region(regions / "110000-beijing")
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        written, explanation, carried, _ = map_message(message, standards, tianjin, beijing)
        times.append(time.perf_counter() - start)
    times.sort()
    report = {"microseconds": times[rounds // 2] * 1e6, "message": json.loads(written), "read": explanation, "written": carried}
    json.dump(report, sys.stdout, ensure_ascii=False)


main()
