"""Derives the root of the companion (SM3) from the entries with the SM3 of gmssl and of OpenSSL, neither of which is ours, by the
definition of RFC 6962; so for each of its checkpoints that the log recorded. One changed entry gives another root. Where receipts to
its checkpoint are at hand, each leads from its entry to that root, and with one changed hash it does not.

Usage: companion.py LEDGER_DIR RECEIPTS_DIR
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from gmssl import sm3

from pymerkle_root import entries


def by_gmssl(data: bytes) -> bytes:
    return bytes.fromhex(sm3.sm3_hash(list(data)))


def by_openssl(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def root(digest, leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1."""
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return digest(b"\0" + leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest(b"\1" + root(digest, leaves[:split]) + root(digest, leaves[split:]))


def path_root(digest, receipt: dict, size: int) -> bytes:
    """The root to which an inclusion proof leads: RFC 9162, 2.1.3.2."""
    node, last = receipt["index"], size - 1
    hashed = digest(b"\0" + receipt["entry"].encode())
    for sibling in map(base64.b64decode, receipt["proof"]):
        if node % 2 == 1 or node == last:
            hashed = digest(b"\1" + sibling + hashed)
            while node % 2 == 0 and node != 0:
                node, last = node >> 1, last >> 1
        else:
            hashed = digest(b"\1" + hashed + sibling)
        node, last = node >> 1, last >> 1
    return hashed if last == 0 else b""


def check_receipts(engine: str, digest, receipts: list[dict], note: str) -> None:
    _, size, expected = note.split("\n")[:3]
    for receipt in receipts:
        if receipt["checkpoint"] != note or path_root(digest, receipt, int(size)) != base64.b64decode(expected):
            sys.exit(f"REFUSED: {engine}: the receipt of entry {receipt['index']} does not lead to the companion's root")
        changed = {**receipt, "entry": receipt["entry"] + "!"}
        if path_root(digest, changed, int(size)) == base64.b64decode(expected):
            sys.exit(f"{engine} does not notice a changed receipt")
    if receipts:
        print(f"ok  {engine}: {len(receipts)} receipts under SM3; a changed one is refused")


def main() -> None:
    ledger = Path(sys.argv[1])
    receipts = [json.loads(path.read_bytes()) for path in sorted(Path(sys.argv[2]).glob("*.json"))]
    note = (ledger / "sm3/checkpoint").read_text()
    _, size, expected = note.split("\n")[:3]
    now = int((ledger / "checkpoint").read_text().split("\n")[1])
    leaves = list(entries(ledger, now))
    recorded = {int(size): base64.b64decode(expected)}
    for entry in map(json.loads, filter(lambda leaf: leaf.startswith(b"{"), leaves)):
        if entry["type"] == "companion":
            recorded[entry["checkpoint"]["size"]] = bytes.fromhex(entry["checkpoint"]["root"])
    for engine, digest in (("gmssl", by_gmssl), ("openssl", by_openssl)):
        for covered, expected in recorded.items():
            if root(digest, leaves[:covered]) != expected:
                sys.exit(f"REFUSED: {engine} derives another root over {covered} entries")
        changed = [leaves[0] + b"!", *leaves[1:int(size)]]
        if root(digest, changed) == recorded[int(size)]:
            sys.exit(f"{engine} does not notice a changed entry")
        check_receipts(engine, digest, receipts, note)
        print(f"ok  {engine}: {len(recorded)} roots under SM3, the last over {size} entries; a changed entry gives another")


main()
