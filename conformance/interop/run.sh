#!/usr/bin/env bash
# Programs that nobody of us wrote check a ledger from its public files:
#   Go's sumdb note and tlog: checkpoint, tiles, entries, receipts, consistency, and that tampered copies are refused;
#   npm's @sigstore/verify: the receipts;
#   Python's pymerkle: the root over all entries;
#   Python's gmssl and the openssl command: the SM2 line of the checkpoint, and those of the companion with its roots under SM3.
# Usage: conformance/interop/run.sh LEDGER_DIR VKEY RECEIPTS_DIR
# VKEY holds the Ed25519 verifier key line. The SM2 line stands below it, or in the file beside it that ends in .sm2.vkey.
set -euo pipefail

[ $# = 3 ] || { echo "usage: $0 LEDGER_DIR VKEY RECEIPTS_DIR" >&2; exit 64; }
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
ledger=$(realpath -e "$1") vkey=$(realpath -e "$2") receipts=$(realpath -e "$3")
sm2_vkey="${vkey%.vkey}.sm2.vkey"
[ -e "$sm2_vkey" ] || sm2_vkey=$vkey

echo "== Go x/mod: sumdb note, tlog"
GO111MODULE=off GOFLAGS= GOPATH="$here:/usr/share/gocode" GOCACHE="$root/target/interop-go" \
    go run "$here/referee.go" "$ledger" "$vkey" "$receipts"

node="$root/target/interop-node"
if [ ! -e "$node/node_modules/@sigstore/verify" ]; then
    mkdir -p "$node"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$node" @sigstore/verify@4.1.3
fi
echo "== npm @sigstore/verify"
node "$here/sigstore.mjs" "$node/node_modules" "$vkey" "$receipts"

venv="$root/target/interop-venv"
if ! "$venv/bin/python" -c 'import gmssl, pymerkle' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/pip" --quiet install gmssl==3.2.2 pymerkle==7.0.0
fi
echo "== Python pymerkle"
"$venv/bin/python" "$here/pymerkle_root.py" "$ledger"
echo "== Python gmssl, openssl"
"$venv/bin/python" "$here/sm2_line.py" "$ledger/checkpoint" "$sm2_vkey"
if [ -e "$ledger/sm3/checkpoint" ]; then
    "$venv/bin/python" "$here/sm2_line.py" "$ledger/sm3/checkpoint" "$sm2_vkey" /sm3
    "$venv/bin/python" "$here/companion.py" "$ledger" "$receipts/sm3"
fi
echo "interop ok"
