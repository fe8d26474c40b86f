"""Checks the SM2-with-SM3 line of a checkpoint with gmssl and with the openssl command, neither of which is ours.

Usage: sm2_line.py CHECKPOINT VKEY [SUFFIX]

With a suffix, the line is that of the same key under its name and the suffix: of the companion, with "/sm3".
"""

import base64
import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from gmssl import sm2

# A type without an assigned byte: 0xff and a longer identifier (C2SP signed-note, "Signature types").
SM2_TYPE = b"\xfftongbiao/sm2-with-sm3/v1"
# SubjectPublicKeyInfo of an SM2 key, up to its point of 65 bytes.
SPKI_HEADER = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")


def verifier_key(path: Path, suffix: str) -> tuple[str, bytes, bytes]:
    """Name, key id and point of the SM2 key among the lines name+id+base64(type, key)."""
    for line in path.read_text().split():
        name, key_id, key = line.split("+", 2)
        key = base64.b64decode(key, validate=True)
        if key.startswith(SM2_TYPE):
            derived = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
            assert derived.hex() == key_id, "the key id does not fit the key"
            name += suffix
            return name, hashlib.sha256(name.encode() + b"\n" + key).digest()[:4], key[len(SM2_TYPE) :]
    sys.exit(f"REFUSED: {path}: no SM2 verifier key line")


def signature_of(note: bytes, name: str, key_id: bytes) -> tuple[bytes, bytes]:
    """The signed text, and r and s of the line of this key."""
    text, _, lines = note.rpartition(b"\n\n")
    for line in lines.decode().splitlines():
        dash, signer, signature = line.split(" ")
        signature = base64.b64decode(signature, validate=True)
        if dash == "—" and signer == name and signature[:4] == key_id:
            assert len(signature) == 4 + 64, "r and s have 32 bytes each"
            return text + b"\n", signature[4:]
    sys.exit("REFUSED: the checkpoint has no SM2 line of this key")


def gmssl_accepts(point: bytes, text: bytes, signature: bytes) -> bool:
    engine = sm2.CryptSM2(public_key=point[1:].hex(), private_key="")
    return engine.verify_with_sm3(signature.hex(), text)


def der_integer(number: bytes) -> bytes:
    number = number.lstrip(b"\0") or b"\0"
    number = b"\0" + number if number[0] & 0x80 else number
    return bytes([2, len(number)]) + number


def openssl_accepts(point: bytes, text: bytes, signature: bytes) -> bool:
    body = der_integer(signature[:32]) + der_integer(signature[32:])
    pem = base64.encodebytes(SPKI_HEADER + point).decode()
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, name) for name in ("key.pem", "text", "signature")}
        files["key.pem"].write_text(f"-----BEGIN PUBLIC KEY-----\n{pem}-----END PUBLIC KEY-----\n")
        files["text"].write_bytes(text)
        files["signature"].write_bytes(bytes([0x30, len(body)]) + body)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", files["key.pem"], "-in", files["text"]]
        command += ["-sigfile", files["signature"], "-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        return result.returncode == 0 and "Signature Verified Successfully" in result.stdout


def main() -> None:
    note, key_file = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2])
    name, key_id, point = verifier_key(key_file, "".join(sys.argv[3:4]))
    text, signature = signature_of(note, name, key_id)
    changed_text = text[:-2] + bytes([text[-2] ^ 1]) + text[-1:]
    changed_signature = signature[:-1] + bytes([signature[-1] ^ 1])
    for engine, accepts in (("gmssl", gmssl_accepts), ("openssl", openssl_accepts)):
        if not accepts(point, text, signature):
            sys.exit(f"REFUSED: {engine} does not accept the SM2 line of {name}")
        if accepts(point, changed_text, signature) or accepts(point, text, changed_signature):
            sys.exit(f"REFUSED: {engine} accepts a tampered copy")
        print(f"ok  {engine}: the SM2 line of {name}; two tampered copies refused")


main()
