"""What a user would pick instead of a ledger: SQLite, durable (WAL, synchronous=FULL), with a hash of each entry.

Usage: sqlite_append.py FOLDER BATCH. Prints appends of 1 KiB a second, in transactions of BATCH entries; append_bench runs it.
SQLite proves nothing to anyone: the comparison is for the price of the proof.
"""

import hashlib
import os
import sqlite3
import sys
import time

SECONDS = 2.0


def rate(folder, batch):
    path = os.path.join(folder, f"peer-{batch}.sqlite")
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA synchronous=FULL")
    base.execute("CREATE TABLE entries (id INTEGER PRIMARY KEY, entry BLOB, hash BLOB, key BLOB UNIQUE)")
    written, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        rows = []
        for _ in range(batch):
            entry = os.urandom(1024)
            rows.append((entry, hashlib.sha256(b"\0" + entry).digest(), os.urandom(32)))
        base.execute("BEGIN")
        base.executemany("INSERT INTO entries (entry, hash, key) VALUES (?, ?, ?)", rows)
        base.execute("COMMIT")
        written += batch
    return written / (time.perf_counter() - start)


print(rate(sys.argv[1], int(sys.argv[2])))
