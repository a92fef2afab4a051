# shellcheck shell=bash
# The browser app: the core as WASM, its bindings, and the bundle. A core that grew past what a phone should download
# is refused here, and so is a binding that takes `&mut self`, because a re-entrant call of it panics.

WASM_TARGET=wasm32-unknown-unknown
# Compressed, as it is served.
WASM_LIMIT_KB=1100
NODE_NEEDED=20.19

# The program that writes the bindings, where it stands built already.
BINDGEN=""

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
  install_packages rustc-web rust-web-src
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
  # Built with everything else it shares that one's crates; built alone it has some of its own.
  if [ -n "$BINDGEN" ]; then "$BINDGEN" "$wasm" "$(wasm_out)"; else cargo run --quiet --locked -p bindgen -- "$wasm" "$(wasm_out)"; fi
  check_wasm_size
}

# What the bundle is made of, newer than the bundle.
bundle_is_stale() {
  [ -f web/dist/index.html ] || return 0
  [ -n "$(find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -newer web/dist/index.html -print -quit)" ]
}

build_web() {
  build_core_wasm
  if bundle_is_stale; then (cd web && npm run --silent build); fi
}

# Shell and core as a phone gets them, the compiler's word that both ends of the boundary agree, and what is tested without
# a browser.
check_web() {
  build_core_wasm
  (cd web && npm run --silent check)
  (cd web && npm run --silent test)
  if bundle_is_stale; then (cd web && npm run --silent build); fi
  (cd web && node build/sizes.mjs dist)
}

# Browsers ---------------------------------------------------------------------------------------

# Three engines, as the system's packages bring them; no tool of the tests downloads one of its own.
browser_present() {
  case "$1" in
    chromium) [ -x "${CHROMIUM:-/usr/bin/chromium}" ] ;;
    firefox-esr) [ -x "${FIREFOX:-/usr/bin/firefox-esr}" ] ;;
    webkit2gtk-driver) command -v WebKitWebDriver ;;
    xvfb) command -v Xvfb ;;
  esac >/dev/null 2>&1
}

ensure_browsers() {
  local need missing=()
  for need in chromium firefox-esr webkit2gtk-driver xvfb; do browser_present "$need" || missing+=("$need"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "These are missing for the stories in real browsers: ${missing[*]}." \
    "Install them, and say where Chromium and Firefox are in CHROMIUM and FIREFOX."
  install_packages "${missing[@]}"
}

# Needs the programs of build_tests and the app of check_web.
run_stories() { LIFEOS_BIN="$PWD/${CARGO_TARGET_DIR:-target}/debug" node tests/browser/run.mjs; }
