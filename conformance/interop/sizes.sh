#!/usr/bin/env bash
# The referees check logs of the sizes where trees and tiles change their shape. Usage: conformance/interop/sizes.sh [SIZE…]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(1 2 255 256 257 65535 65536 65537 1000000)
data=$(mktemp -d "$root/target/interop-sizes.XXXX")
trap 'rm -rf "$data"' EXIT
for size in "${sizes[@]}"; do
    echo "### $size"
    "${REFEREE_LOG:-$root/target/release/examples/referee_log}" "$data/$size" "$size"
    "$here/run.sh" "$data/$size/public" "$data/$size/ledger.vkey" "$data/$size/receipts"
    rm -rf "${data:?}/$size"
done
echo "sizes ok: ${sizes[*]}"
