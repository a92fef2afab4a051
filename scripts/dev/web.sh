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

has_wasm_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$WASM_TARGET/lib" ]; }

# Without rustup's target, Debian's rustc-web and the source of std make one.
ensure_wasm() {
  has_wasm_target && return 0
  if command -v rustup >/dev/null && rustup target add "$WASM_TARGET" && has_wasm_target; then return 0; fi
  if [ -x /usr/bin/rustc ] && [ -d /usr/lib/rustlib/src/rust/library ]; then return 0; fi
  command -v apt-get >/dev/null ||
    die "Rust cannot build for $WASM_TARGET here. Say:" "  rustup target add $WASM_TARGET"
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

wasm_cargo() {
  if has_wasm_target; then
    cargo build --locked --profile wasm --target "$WASM_TARGET" -p core-wasm --lib
  else
    local lld
    lld="$(rustc --print sysroot)/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin/rust-lld"
    RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$lld" \
      cargo build --locked --profile wasm --target "$WASM_TARGET" -p core-wasm --lib -Z build-std=std,panic_abort
  fi
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
  local dir="${CARGO_TARGET_DIR:-target}" wasm
  check_wasm_borrows
  wasm_cargo
  wasm="$dir/$WASM_TARGET/wasm/core_wasm.wasm"
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
