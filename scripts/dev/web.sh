# shellcheck shell=bash
# The browser app: the core as WASM, its bindings, and the bundle. A core that grew past what a phone should download
# is refused here, and so is a binding that takes `&mut self`, because a re-entrant call of it panics.

WASM_TARGET=wasm32-unknown-unknown
# Compressed, as it is served. 800 when everything is in.
WASM_LIMIT_KB=600
NODE_NEEDED=20.19

wasm_out() { say web/src/core/wasm; }

ensure_node() {
  local have
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    die "Node.js is missing: the browser app needs Node $NODE_NEEDED or newer, with npm." \
      "Install it from https://nodejs.org, or with your system's packages, and run this command again."
  fi
  have="$(node --version)"
  version_at_least "${have#v}" "$NODE_NEEDED" ||
    refuse_old Node "${have#v}" "$NODE_NEEDED" "Newer ones: https://nodejs.org"
}

# The standard library is compiled along, for its size: its plain build carries a fast sort for every type and the
# words of every panic, 85 KB of brotli that no phone should load. That needs its source and switches that stable
# Rust does not promise yet; the same source, compiled without them, is the same program.
has_std_source() { [ -f "$(rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ]; }
has_debian_source() { [ -x /usr/bin/rustc ] && [ -f "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library/std/Cargo.toml" ]; }

ensure_wasm() {
  if has_std_source || has_debian_source; then return 0; fi
  if command -v rustup >/dev/null && rustup component add rust-src && has_std_source; then return 0; fi
  command -v apt-get >/dev/null || die "Rust's own source is missing. Say:" "  rustup component add rust-src"
  say "installing with apt-get: rustc-web rust-web-src"
  local as=(env)
  [ "$(id -u)" -eq 0 ] || as=(sudo)
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 rustc-web rust-web-src
}

ensure_node_modules() {
  # npm leaves this file when an installation is complete.
  local mark=web/node_modules/.package-lock.json
  if [ -f "$mark" ] && [ ! web/package-lock.json -nt "$mark" ] && [ ! web/package.json -nt "$mark" ]; then return 0; fi
  say "installing the packages of web/package-lock.json"
  (cd web && npm ci --no-progress)
  touch "$mark"
}

ensure_web() {
  ensure_node
  ensure_wasm
  ensure_node_modules
}

# A binding that takes `&mut self` panics when JavaScript calls it while it runs. Test with a file of one's own.
check_wasm_borrows() {
  local found
  found="$(grep -nE '&mut self' core-wasm/src/handle.rs core-wasm/src/founding.rs || true)"
  [ -z "$found" ] || die "what JavaScript calls must take &self:" "$found"
}

# A target folder of its own: the switches would make every other build begin again.
wasm_target_dir() { say "${CARGO_TARGET_DIR:-target}/core-wasm"; }

wasm_cargo() {
  local with=(env "CARGO_TARGET_DIR=$(wasm_target_dir)" RUSTC_BOOTSTRAP=1)
  with+=(RUSTFLAGS="-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=shallow")
  if ! has_std_source; then
    local host
    host="$(rustc -vV | sed -n 's/^host: //p')"
    with+=(RUSTC=/usr/bin/rustc)
    with+=("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$(rustc --print sysroot)/lib/rustlib/$host/bin/rust-lld")
  fi
  "${with[@]}" cargo build --locked --profile wasm --target "$WASM_TARGET" -p core-wasm --lib \
    -Z build-std=std,panic_abort -Z build-std-features=optimize_for_size
}

# Prints the size in KB as brotli leaves it.
brotli_kb() {
  node -e '
    const { readFileSync } = require("node:fs");
    const { brotliCompressSync, constants } = require("node:zlib");
    const bytes = readFileSync(process.argv[1]);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    console.log(Math.ceil(brotliCompressSync(bytes, { params }).length / 1000));
  ' "$1"
}

check_wasm_size() {
  local wasm kb
  wasm="$(wasm_out)/core_wasm_bg.wasm"
  kb="$(brotli_kb "$wasm")"
  say "the core is $kb KB of brotli ($(wc -c <"$wasm") bytes raw); at most $WASM_LIMIT_KB"
  [ "$kb" -le "$WASM_LIMIT_KB" ] || die "the core has grown past $WASM_LIMIT_KB KB of brotli; cargo bloat names what grew"
}

build_core_wasm() {
  local wasm
  check_wasm_borrows
  wasm_cargo
  wasm="$(wasm_target_dir)/$WASM_TARGET/wasm/core_wasm.wasm"
  if [ "$(wasm_out)/core_wasm_bg.wasm" -nt "$wasm" ]; then return 0; fi
  cargo run --quiet --locked -p bindgen -- "$wasm" "$(wasm_out)"
  check_wasm_size
}

build_web() {
  ensure_web
  build_core_wasm
  (cd web && npm run --silent build)
}

check_web() {
  ensure_web
  build_core_wasm
  (cd web && npm run --silent check)
}

CHROMIUM="${CHROMIUM:-/usr/bin/chromium}"

ensure_chromium() {
  [ ! -x "$CHROMIUM" ] || return 0
  command -v apt-get >/dev/null || die "Chromium is missing; install it and say where it is in CHROMIUM."
  say "installing with apt-get: chromium"
  local as=(env)
  [ "$(id -u)" -eq 0 ] || as=(sudo)
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 chromium
}

# Needs target/debug/sync-server and target/debug/lifeos, or LIFEOS_BIN.
test_web() {
  ensure_web
  ensure_chromium
  build_core_wasm
  (cd web && npm run --silent build:harness && node ../tests/browser/smoke.mjs)
}
