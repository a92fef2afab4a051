# shellcheck shell=bash
# The gate before a commit, cheapest first, and the tests behind it. A phase that fails ends the run
# and is named; every phase says how long it took.

# Pinned, so that two machines judge alike. They stand outside the clone and are built once a machine.
CARGO_DENY_VERSION=0.20.2
CARGO_MACHETE_VERSION=0.9.2
SIZE_WARNING=450

PHASE=""

phase() {
  local began="$SECONDS"
  PHASE="$1"
  shift
  say "== $PHASE"
  "$@"
  say "   $PHASE: $((SECONDS - began)) s"
  PHASE=""
}

name_failed_phase() {
  local code=$?
  if [ "$code" -ne 0 ] && [ -n "$PHASE" ]; then printf 'failed: %s\n' "$PHASE" >&2; fi
}

cache_dir() { say "${LIFEOS_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/lifeos}"; }

# Prints nothing: the tool then stands at `tool_path NAME VERSION`.
tool_path() { say "$(cache_dir)/$1-$2/bin/$1"; }

ensure_tool() {
  local name="$1" version="$2"
  [ ! -x "$(tool_path "$name" "$version")" ] || return 0
  say "installing $name $version into $(cache_dir); the first time takes minutes"
  # Built lightly: these tools run for a second, so an optimised build would be nothing but waiting.
  cargo install --locked --quiet --root "$(cache_dir)/$name-$version" --version "$version" \
    --config profile.release.lto=false --config profile.release.codegen-units=16 \
    --config profile.release.opt-level=0 "$name"
}

check_format() { cargo fmt --all --check; }

check_lock_file() {
  local strangers
  strangers="$(grep '^source = ' Cargo.lock | grep -vF '"registry+https://github.com/rust-lang/crates.io-index"' || true)"
  [ -z "$strangers" ] || die "Cargo.lock names sources other than crates.io:" "$strangers"
  cargo metadata --locked --format-version 1 >/dev/null
}

check_sizes() {
  local file lines
  find . \( -name target -o -name node_modules -o -name .git \) -prune -o \
    -type f \( -name '*.rs' -o -name '*.ts' -o -name '*.svelte' -o -name '*.sql' -o -name '*.sh' -o -name dev \) -print |
    while read -r file; do
      lines="$(wc -l <"$file")"
      if [ "$lines" -gt "$SIZE_WARNING" ]; then warn "$file has $((lines)) lines; one noun a file, about 300 lines"; fi
    done
}

check_clippy() { cargo clippy --locked --workspace --all-targets -- -D warnings; }

check_dependencies() {
  ensure_tool cargo-deny "$CARGO_DENY_VERSION"
  # Not `advisories`: its database is on a host that is no registry, and the gate works with registries alone.
  "$(tool_path cargo-deny "$CARGO_DENY_VERSION")" --locked --all-features check --hide-inclusion-graph bans licenses sources
}

check_unused() {
  ensure_tool cargo-machete "$CARGO_MACHETE_VERSION"
  "$(tool_path cargo-machete "$CARGO_MACHETE_VERSION")" --skip-target-dir .
}

# All that is cheap beside building the tests.
run_checks() {
  phase "format" check_format
  phase "lock file" check_lock_file
  phase "sizes" check_sizes
  phase "import laws" check_laws
  phase "dependencies and licences" check_dependencies
  phase "unused dependencies" check_unused
  phase "clippy" check_clippy
}

cmd_check() {
  trap name_failed_phase EXIT
  ensure_check
  ensure_web
  run_checks
  phase "browser app: core, types, bundle" check_web
  say "check passed in $SECONDS s"
}

# Every target in one go, so that Cargo unifies features once and builds each crate once; the programs
# themselves are among them, and the stories in `tests` run them.
build_tests() { cargo build --locked --workspace --all-targets; }

# Cargo goes through the crates by name: the quick ones (engine, life, lifeos, protocol, seal,
# sync-server) come before the slow stories in `tests`. All run, whatever fails, so the count is whole.
# More wait than work, for a relay, a disk or a clock: two for each processor. The vectors in WASM are built and run meanwhile.
run_tests() {
  local log=.dev/test.log beside=.dev/vectors.log status=0 vectors
  mkdir -p .dev
  check_wasm_vectors </dev/null >"$beside" 2>&1 &
  vectors=$!
  RUST_TEST_THREADS="${RUST_TEST_THREADS:-$(($(getconf _NPROCESSORS_ONLN) * 2))}" \
    cargo test --locked --workspace --no-fail-fast </dev/null 2>&1 | tee "$log" || status=$?
  count_tests "$log"
  say "-- the vectors in WASM"
  wait "$vectors" || status=$?
  cat "$beside"
  return "$status"
}

# Adds up Cargo's own result lines; says nothing when there are none, as when the build failed.
count_tests() {
  awk '/^test result: / {
      for (i = 2; i < NF; i++) {
        if ($(i + 1) == "passed;") passed += $i
        if ($(i + 1) == "failed;") failed += $i
        if ($(i + 1) == "ignored;") ignored += $i
      }
      seen = 1
    }
    END { if (seen) printf "%d passed, %d failed%s\n", passed, failed, ignored ? ", " ignored " ignored" : "" }' "$1"
}

# The frozen formats once more, compiled to WASM and run by Node: there, numbers and lengths have 32 bits. It wants a target
# that rustup brings; where that is out of reach it is said, and not passed over in silence.
has_wasi() { [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-wasip1/lib" ]; }
check_wasm_vectors() {
  if ! has_wasi && command -v rustup >/dev/null; then rustup target add wasm32-wasip1 || true; fi
  if ! has_wasi; then
    warn "NOT RUN: the vectors in WASM; Rust's target wasm32-wasip1 cannot be had here (rustup target add wasm32-wasip1)"
    return 0
  fi
  CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings $PWD/tests/wasm/run.mjs" \
    cargo test --locked --target wasm32-wasip1 -p seal --test vectors -- --test-threads=1
}

cmd_test() {
  trap name_failed_phase EXIT
  ensure_test
  ensure_web
  ensure_browsers
  run_checks
  phase "build of the tests" build_tests
  BINDGEN="${CARGO_TARGET_DIR:-target}/debug/bindgen"
  phase "browser app: core, types, bundle" check_web
  phase "tests, and the vectors in WASM" run_tests
  phase "browser stories" run_stories
  say "test passed in $SECONDS s"
}
