#!/usr/bin/env bash
# Measures in one run, on this machine: SM2 and SM3, a seal, a mapping, an append, an exchange; start time and peak memory. Run by `make bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=target/release
data=bench-data
# The gateway writes until it has stopped.
trap 'kill "${gateway:-}" 2>/dev/null && wait "$gateway" || true; rm -rf "$data"' EXIT

echo "# 机器 / machine: $(nproc) × $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
echo
echo "## SM2、SM3，单核 / SM2 and SM3 on one core, against other libraries"
taskset -c "$(($(nproc) - 1))" "$bin/examples/sm2_bench"
echo
echo "## 验章 / verifying a sealed document"
"$bin/examples/verify_bench"
echo
echo "## 验章：一万份文件的目录 / a folder of 10,000 documents, on one core and on two"
"$bin/examples/verify_bench" "$data/folder" 10000
sync # or the disk is still writing them while they are read
for jobs in 1 2 1 2; do
    python3 - "$bin/tongbiao-audit" "$data/folder" "$jobs" <<'PYTHON'
import resource, subprocess, sys, time
tool, folder, jobs = sys.argv[1:]
start = time.monotonic()
subprocess.run([tool, "seal", folder + "/documents", "--trust", folder + "/anchors", "--policy", "recognition", "--json", "--jobs", jobs],
               check=True, stdout=subprocess.DEVNULL)
took = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{jobs} thread(s): {took:6.2f} s, {10000 / took:8.0f} documents/s, peak memory {peak:5.1f} MB", flush=True)
PYTHON
done
echo
echo "## 映射 / mapping a concluding message from one dialect to another, and loading all standards and mappings"
"$bin/examples/map_bench" /usr/bin/python3 conformance/peers/map_message.py .
echo
echo "## 记账 / durable appends, against a bare write and fdatasync of the same batches"
mkdir -p "$data"
"$bin/examples/append_bench" "$data" /usr/bin/python3 conformance/peers/sqlite_append.py
echo
echo "## 账本增长 / what an append, a proof and a start cost as the log grows (ten million: append_bench --grow 10000000 FOLDER sled curve.svg)"
"$bin/examples/append_bench" --grow 300000 "$data" sled
"$bin/examples/append_bench" --grow 300000 "$data" files
echo
echo "## 交换 / whole exchanges over TLS: sign, submit, verify, record, receipt"
"$bin/tongbiao-demo" --serve "$data/gateway" >"$data/gateway.out" &
gateway=$!
for _ in $(seq 100); do grep -q https "$data/gateway.out" && break; sleep 0.1; done
url=$(grep -o 'https://[^ /]*' "$data/gateway.out" | head -1)
for connections in 1 4 8; do
    "$bin/tongbiao-conformance" bench --region 120000 --url "$url" --pki "$data/gateway/state/keys" \
        --vkey "$data/gateway/ledger.vkey" --connections "$connections"
done
echo
echo "## 网关 / the gateway: peak memory after that, and start until its first answer"
grep VmHWM "/proc/$gateway/status"
"$bin/tongbiao-demo" "$data/demo" | grep -m1 '网关 gateway'
