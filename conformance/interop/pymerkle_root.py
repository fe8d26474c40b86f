"""Builds the tree anew with pymerkle from the entries, and compares its root with that of the checkpoint; one changed entry gives another.

Usage: pymerkle_root.py LEDGER_DIR
"""

import base64
import sys
from pathlib import Path

from pymerkle import InmemoryTree


def tile_name(number: int) -> str:
    """C2SP tlog-tiles: groups of three digits, all but the last after an x."""
    groups = [f"{number % 1000:03}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03}")
    return "/".join(groups)


def entries(ledger: Path, size: int):
    """Each bundle is a row of lengths of two bytes and entries."""
    for number in range((size + 255) // 256):
        width = min(256, size - number * 256)
        path = ledger / "tile/entries" / tile_name(number)
        partial = path.parent / f"{path.name}.p" / str(width)
        bundle = memoryview((partial if width < 256 and partial.exists() else path).read_bytes())
        for _ in range(width):
            length = int.from_bytes(bundle[:2])
            yield bytes(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]


def root(leaves) -> bytes:
    tree = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        tree.append_entry(leaf)
    return tree.get_root()


def main() -> None:
    ledger = Path(sys.argv[1])
    _, size, expected = (ledger / "checkpoint").read_text().split("\n")[:3]
    leaves = list(entries(ledger, int(size)))
    if root(leaves) != base64.b64decode(expected):
        sys.exit("REFUSED: pymerkle derives another root")
    middle = len(leaves) // 2
    leaves[middle] += b"!"
    if root(leaves) == base64.b64decode(expected):
        sys.exit("pymerkle does not notice a changed entry")
    print(f"ok  pymerkle: the root over {len(leaves)} entries; a changed entry gives another")


if __name__ == "__main__":
    main()
