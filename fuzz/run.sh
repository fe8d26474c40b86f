#!/usr/bin/env bash
# Runs every fuzz target for some seconds, two at a time, from the committed seeds; prints a row a target, fails on a finding.
# Usage: fuzz/run.sh [SECONDS [TARGET…]]
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
shift || true
work=${FUZZ_WORK:-work}
mkdir -p "$work"

# The nightly toolchain brings the address sanitizer; without it the assertions and the limits remain.
toolchain=() sanitizer=(--sanitizer none)
if cargo +nightly --version >/dev/null 2>&1; then
    toolchain=(+nightly) sanitizer=()
fi
command -v cargo-fuzz >/dev/null || { echo "需要 cargo-fuzz / cargo-fuzz is needed: cargo install cargo-fuzz" >&2; exit 69; }

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls fuzz_targets | sed 's/\.rs$//')
cargo "${toolchain[@]}" fuzz build --fuzz-dir . "${sanitizer[@]}"

# One input may take two seconds of processor time (the targets assert it) and 512 MB; 60 s by the clock is for a busy machine.
run() {
    local target=$1 corpus="$work/corpus/$1" log="$work/$1.log"
    mkdir -p "$corpus" "$work/findings/$target"
    ASAN_OPTIONS=quarantine_size_mb=16:detect_leaks=0 cargo "${toolchain[@]}" fuzz run --fuzz-dir . "${sanitizer[@]}" "$target" "$corpus" "seeds/$target" -- \
        -max_total_time="$seconds" -timeout=60 -rss_limit_mb=1024 -malloc_limit_mb=512 -print_final_stats=1 \
        -artifact_prefix="$work/findings/$target/" >"$log" 2>&1 && echo 0 >"$work/$target.status" || echo $? >"$work/$target.status"
}

for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n || true; done
    run "$target" &
done
wait

findings=0
printf '%-14s %12s %8s %8s %8s  %s\n' 目标/target 次数/runs 覆盖/cov 特征/ft 语料/corp 发现/finding
for target in "${targets[@]}"; do
    log="$work/$target.log" last=
    last=$(grep -E 'cov: [0-9]+' "$log" | tail -1 || true)
    field() { sed -nE "s/.*$1: ([0-9]+).*/\1/p" <<<"$last"; }
    runs=$(sed -nE 's/^stat::number_of_executed_units: *//p' "$log")
    finding=—
    if [ "$(cat "$work/$target.status")" != 0 ]; then
        findings=$((findings + 1))
        finding=$(grep -m1 -E 'panicked at|ERROR:|SUMMARY:' "$log" || echo "see $log")
    fi
    printf '%-14s %12s %8s %8s %8s  %s\n' "$target" "${runs:-?}" "$(field cov)" "$(field ft)" "$(field corp)" "$finding"
done
exit $((findings > 0))
