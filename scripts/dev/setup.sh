# shellcheck shell=bash
# Set-up: what the other commands stand on. Nothing is installed unannounced, nothing is installed
# twice, and a version too old is refused by name before it can fail in some darker way.

# The version of PostgreSQL that Debian 12 carries and the tests were seen to pass on.
POSTGRES_NEEDED=15

# Compares major.minor, which is all that this project asks for.
version_at_least() {
  local have="$1" need="$2" have_major have_minor need_major need_minor
  IFS=. read -r have_major have_minor _ <<<"$have.0"
  IFS=. read -r need_major need_minor _ <<<"$need.0"
  # What follows the digits ("16beta1", "1.94.0-nightly") is no part of the comparison.
  have_major="${have_major%%[!0-9]*}"
  have_minor="${have_minor%%[!0-9]*}"
  ((${have_major:-0} > need_major || (${have_major:-0} == need_major && ${have_minor:-0} >= need_minor)))
}

refuse_old() {
  local name="$1" have="$2" need="$3" remedy="$4"
  die "$name $have is too old: this project needs $name $need or newer." "$remedy"
}

# Rust -------------------------------------------------------------------------------------------

# One place states the oldest Rust: the workspace's manifest.
rust_needed() { sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' Cargo.toml; }

# A shell that has not read rustup's profile since it was installed still finds it.
find_cargo_home() {
  local bin="${CARGO_HOME:-${HOME:-/root}/.cargo}/bin"
  if ! command -v cargo >/dev/null && [ -x "$bin/cargo" ]; then PATH="$bin:$PATH"; fi
}

ensure_rust() {
  local need have
  need="$(rust_needed)"
  find_cargo_home
  if ! command -v rustc >/dev/null || ! command -v cargo >/dev/null; then
    die "Rust is missing: this project needs Rust $need or newer. Install it with" \
      "  curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh -s -- -y" \
      "  . \"\$HOME/.cargo/env\"" \
      "and run this command again. (Debian 12's own rustc package is too old.)"
  fi
  have="$(rustc --version 2>/dev/null | awk '{print $2}')" || have=""
  [ -n "$have" ] || die "rustc is installed but has no toolchain to run. Say:" "  rustup default stable"
  if ! version_at_least "$have" "$need"; then
    if command -v rustup >/dev/null; then
      refuse_old Rust "$have" "$need" "Update it with: rustup update stable && rustup default stable"
    fi
    refuse_old Rust "$have" "$need" "$(command -v rustc) is not rustup's; install Rust from https://rustup.rs"
  fi
}

ensure_rust_components() {
  local component missing=()
  for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 || missing+=("${component/#fmt/rustfmt}")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v rustup >/dev/null || die "Rust lacks these components: ${missing[*]}. Install them with your Rust."
  say "installing with rustup: ${missing[*]}"
  rustup component add "${missing[@]}"
}

# System packages --------------------------------------------------------------------------------

# Prints the folder of the newest PostgreSQL server programs, or nothing.
postgres_bin() {
  local newest="" dir
  for dir in /usr/lib/postgresql/*/bin; do
    if [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
      newest="$(printf '%s\n%s\n' "$newest" "$dir" | sort -V | tail -n 1)"
    fi
  done
  if [ -z "$newest" ] && command -v initdb >/dev/null; then newest="$(dirname "$(command -v initdb)")"; fi
  printf '%s' "$newest"
}

present() {
  case "$1" in
    # A compiler without the C library's headers is no compiler for SQLite.
    compiler) printf '#include <stdio.h>\n' | cc -E -x c - ;;
    git | pkg-config) command -v "$1" ;;
    openssl) pkg-config --exists openssl ;;
    postgresql) [ -n "$(postgres_bin)" ] ;;
  esac >/dev/null 2>&1
}

debian_package() {
  case "$1" in
    compiler) say build-essential ;;
    openssl) say libssl-dev ;;
    *) say "$1" ;;
  esac
}

explain() {
  case "$1" in
    compiler) say "a C compiler and the C library's headers (Fedora: gcc; macOS: xcode-select --install)" ;;
    openssl) say "OpenSSL's headers, for a crate below the one that signs pushes (Fedora: openssl-devel; macOS: brew install openssl)" ;;
    postgresql) say "PostgreSQL $POSTGRES_NEEDED or newer, its server programs (initdb, postgres) on the PATH, for tests only" ;;
    *) say "$1" ;;
  esac
}

stop_with_list() {
  local reason="$1" need lines=()
  shift
  for need in "$@"; do lines+=("- $(explain "$need")"); done
  die "$reason Please install, then run this command again:" "${lines[@]}"
}

# By their Debian names, which are said first.
install_packages() {
  local as=(env)
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Missing: $*. Neither root nor sudo is at hand to install them." \
      "As root: apt-get install $*"
    as=(sudo)
    [ -t 0 ] || as=(sudo -n)
  fi
  say "installing with apt-get: $*"
  "${as[@]}" apt-get update -qq
  "${as[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null
}

install_on_debian() {
  local need packages=()
  for need in "$@"; do packages+=("$(debian_package "$need")"); done
  case " ${packages[*]} " in
    *" libssl-dev "*) say "  (OpenSSL's headers: a crate below the one that signs pushes is built against them; the relay does not need it to run)" ;;
  esac
  case " ${packages[*]} " in
    *" postgresql "*) say "  (its programs are for the tests, which make databases of their own; Debian also sets up a server, left alone)" ;;
  esac
  install_packages "${packages[@]}"
}

ensure_present() {
  local need missing=()
  for need in "$@"; do present "$need" || missing+=("$need"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  if command -v apt-get >/dev/null; then
    install_on_debian "${missing[@]}" </dev/null
  else
    stop_with_list "Something is missing, and this is no Debian-like system." "${missing[@]}"
  fi
  for need in "${missing[@]}"; do
    present "$need" || stop_with_list "$(debian_package "$need") was installed and still does not serve." "$need"
  done
}

ensure_postgres_version() {
  local have
  have="$("$(postgres_bin)/initdb" --version | awk '{print $3}')"
  version_at_least "$have" "$POSTGRES_NEEDED" ||
    refuse_old PostgreSQL "$have" "$POSTGRES_NEEDED" "Newer ones: https://www.postgresql.org/download/"
}

# What each command needs ------------------------------------------------------------------------

ensure_build() {
  local needs=(git compiler pkg-config "$@")
  # OpenSSL's headers only when some crate asks for them.
  if grep -q '^name = "openssl-sys"$' Cargo.lock; then needs+=(openssl); fi
  ensure_rust
  ensure_present "${needs[@]}"
}

ensure_check() {
  ensure_build
  ensure_rust_components
}

ensure_test() {
  ensure_build postgresql
  ensure_rust_components
  ensure_postgres_version
}
