"""Checks the cosignatures of a note (C2SP tlog-cosignature, Ed25519) with the openssl command.

Usage: cosignature.py NOTE VKEY...
Each VKEY is a verifier key line of type 0x04. Ends with status 1 unless every one of them has a good line; prints name and time.
Written by the specification alone: nothing here knows the ledger's code.
"""

import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile

# SubjectPublicKeyInfo of an Ed25519 key, up to the 32 bytes of the key (RFC 8410).
SPKI = bytes.fromhex("302a300506032b6570032100")


def holds(key: bytes, message: bytes, signature: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder) / name for name in ("key", "message", "signature")]
        for path, content in zip(paths, (SPKI + key, message, signature)):
            path.write_bytes(content)
        key_path, message_path, signature_path = paths
        command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"]
        command += ["-inkey", key_path, "-in", message_path, "-sigfile", signature_path]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0


def check(note: bytes, vkey: str) -> int:
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 4 and len(key) == 33, "not the key of a witness"
    assert hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8] == key_id, "the id is not the key's"
    text, _, lines = note.rpartition(b"\n\n")
    text += b"\n"
    for line in lines.decode().splitlines():
        dash, signer, value = line.split(" ")
        value = base64.b64decode(value, validate=True)
        if dash == "—" and signer == name and value[:4].hex() == key_id:
            seconds, signature = int.from_bytes(value[4:12], "big"), value[12:]
            message = b"cosignature/v1\ntime %d\n" % seconds + text
            assert holds(key[1:], message, signature), f"{name}: the signature does not hold"
            return seconds
    raise AssertionError(f"{name}: no line")


def main() -> int:
    note = pathlib.Path(sys.argv[1]).read_bytes()
    try:
        for vkey in sys.argv[2:]:
            print(f"{vkey.split('+', 1)[0]} {check(note, vkey)}")
    except AssertionError as refused:
        print(refused, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
