#!/usr/bin/env bash
# Runs fuzz targets, one after another, on the toolchain that builds the project: libFuzzer wants coverage counters, which
# every compiler can give, and no sanitizer, because nothing here is unsafe. Usage: fuzz/run.sh SECONDS [TARGET...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds="$1"
shift
if [ $# -gt 0 ]; then targets=("$@"); else mapfile -t targets < <(basename -s .rs fuzz_targets/*.rs); fi

host="$(rustc -vV | sed -n 's/^host: //p')"
export RUSTFLAGS="--cfg fuzzing -Ccodegen-units=1 -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares"
RUSTFLAGS="$(tr -s '\n ' ' ' <<<"$RUSTFLAGS")"
# With a target named, the flags are not given to build scripts and macros.
cargo build --release --target "$host"
bin="${CARGO_TARGET_DIR:-target}/$host/release"

for target in "${targets[@]}"; do
  mkdir -p "found/$target" "artifacts/$target"
  echo "== $target"
  # What is new goes into found/, which is not kept; the corpus is small on purpose.
  "$bin/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1500 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="artifacts/$target/" "found/$target" "corpus/$target" 2>&1 |
    grep -E '^(stat::|Done|==|SUMMARY|.*panicked)|DONE' || true
  if compgen -G "artifacts/$target/*" >/dev/null; then echo "FOUND something in $target"; exit 1; fi
done
