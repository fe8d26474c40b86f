"""Derives the root of the companion (SM3) from the entries with the SM3 of gmssl and of OpenSSL, neither of which is ours, by the
definition of RFC 6962; so for each of its checkpoints that the log recorded. One changed entry gives another root.

Usage: companion.py LEDGER_DIR
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


def main() -> None:
    ledger = Path(sys.argv[1])
    _, size, expected = (ledger / "sm3/checkpoint").read_text().split("\n")[:3]
    now = int((ledger / "checkpoint").read_text().split("\n")[1])
    leaves = list(entries(ledger, now))
    recorded = {int(size): base64.b64decode(expected)}
    for entry in map(json.loads, leaves):
        if entry["type"] == "companion":
            recorded[entry["checkpoint"]["size"]] = bytes.fromhex(entry["checkpoint"]["root"])
    for engine, digest in (("gmssl", by_gmssl), ("openssl", by_openssl)):
        for covered, expected in recorded.items():
            if root(digest, leaves[:covered]) != expected:
                sys.exit(f"REFUSED: {engine} derives another root over {covered} entries")
        changed = [leaves[0] + b"!", *leaves[1:int(size)]]
        if root(digest, changed) == recorded[int(size)]:
            sys.exit(f"{engine} does not notice a changed entry")
        print(f"ok  {engine}: {len(recorded)} roots under SM3, the last over {size} entries; a changed entry gives another")


main()
