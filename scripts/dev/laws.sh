# shellcheck shell=bash
# The import laws of ARCHITECTURE.md, read from Cargo's own graph: every feature, every platform, so
# that nothing hides behind a switch. A law is added or changed here and nowhere else.

# protocol <- seal <- engine <- life <- core-wasm, lifeos; the relay knows protocol alone. Tests of a
# crate obey the same table: what needs more belongs in the crate `tests`.
may_import() {
  case "$1" in
    protocol) say "" ;;
    seal) say "protocol" ;;
    engine) say "protocol seal" ;;
    life) say "protocol seal engine" ;;
    core-wasm | lifeos) say "protocol seal engine life" ;;
    sync-server) say "protocol" ;;
    # A tool of the build: it knows wasm-bindgen and none of us.
    bindgen) say "" ;;
    tests | bench) say "$OWN_CRATES" ;;
    *) return 1 ;;
  esac
}

# Direct use, by one of our crates, of what has one owner. `tests` and `bench` may use anything.
owner_of() {
  case "$1" in
    automerge) say engine ;;
    chacha20poly1305 | hpke | argon2 | bip39) say seal ;;
    # No second cipher or key exchange, not even for seal without changing these lines. AES-GCM is what browsers open a
    # push message with; p256, the curve of its keys, has no owner, because the relay's tests check signatures by it.
    x25519-dalek | aes-gcm) say seal ;;
    web-push) say sync-server ;;
    crypto-glue | webauthn-rs-core | ece | jwt-simple | superboring) say nobody ;;
    chacha20 | salsa20 | aes | aes-gcm-siv | aes-siv | xsalsa20poly1305 | crypto_box | crypto_secretbox | dryoc | \
      sodiumoxide | age | orion | ring | aws-lc-rs | openssl | boring | rsa | aead | cipher) say nobody ;;
    *) return 1 ;;
  esac
}

# Law 1, for relay and protocol. Every cipher of RustCrypto implements the traits in `aead` or
# `cipher`, so those two names catch ciphers that nobody has listed. Allowed on purpose: `chacha20`
# without them is rand's generator; `ring` under rustls and the hashes under sqlx-postgres are how
# TLS and a database login work, and owner_of() keeps our code from calling them. So is webauthn-rs with all below it: it
# checks signatures of passkeys, by way of one crate that carries ciphers too; and web-push, which signs pushes and whose
# sealing is out of reach (clippy.toml). What of them is reached in any other way is refused as ever
# (docs/decisions/relay-checks-passkeys-itself.md, push-by-web-push.md).
SECRETS='automerge aead cipher chacha20poly1305 aes aes-gcm hpke argon2 bip39 x25519-dalek x-wing ml-kem'

# Law 2, for the core: nothing that has a runtime, a socket, a database or a lock on a file.
OUTSIDE='tokio async-std smol mio socket2 hyper reqwest axum tungstenite tokio-tungstenite sqlx rusqlite libsqlite3-sys fs4'

law_broken() {
  printf 'law broken: %s\n' "$1" >&2
  BROKEN=$((BROKEN + 1))
}

own_crates() { cargo tree --locked --workspace --depth 0 --prefix none --format '{p}' | awk 'NF {print $1}' | sort -u; }

direct_dependencies() {
  cargo tree --locked -p "$1" --depth 1 -e normal,build,dev --prefix depth --target all --all-features |
    awk '/^1/ {print substr($1, 2)}' | sort -u
}

# What ends up in the program: dependencies of dependencies too, without those of tests and of the two crates named above.
linked_crates() {
  local pass_over=()
  [ "$1" != sync-server ] || pass_over=(--no-dedupe --prune webauthn-rs --prune web-push)
  cargo tree --locked -p "$1" -e normal --prefix none --target all --all-features "${pass_over[@]}" |
    awk 'NF {print $1}' | sort -u
}

contains() { case " $1 " in *" $2 "*) return 0 ;; *) return 1 ;; esac; }

check_direct() {
  local crate="$1" allowed dependencies dependency owner
  if ! allowed="$(may_import "$crate")"; then
    law_broken "$crate is not in the table of imports (scripts/dev/laws.sh)"
    return 0
  fi
  dependencies="$(direct_dependencies "$crate")"
  for dependency in $dependencies; do
    if contains "$OWN_CRATES" "$dependency" && [ "$dependency" != "$crate" ] && ! contains "$allowed" "$dependency"; then
      law_broken "$crate imports $dependency; it may import: ${allowed:-none of our crates}"
    fi
    case "$crate" in tests | bench) continue ;; esac
    if owner="$(owner_of "$dependency")" && [ "$crate" != "$owner" ]; then
      law_broken "$crate depends on $dependency, whose only user may be: $owner"
    fi
  done
}

check_linked() {
  local law="$1" crate="$2" forbidden="$3" linked name
  linked="$(linked_crates "$crate")"
  contains "${linked//$'\n'/ }" "$crate" || die "cargo tree does not list $crate, so nothing was checked"
  for name in $forbidden; do
    if contains "${linked//$'\n'/ }" "$name"; then
      law_broken "$law: $crate links $name, by way of"
      cargo tree --locked -p "$crate" -e normal --target all --all-features -i "$name" >&2 || true
    fi
  done
}

check_laws() {
  local crate
  BROKEN=0
  OWN_CRATES="$(own_crates)"
  OWN_CRATES="${OWN_CRATES//$'\n'/ }"
  for crate in $OWN_CRATES; do check_direct "$crate"; done
  check_linked "law 1, the relay cannot read" sync-server "seal engine life lifeos core-wasm $SECRETS"
  check_linked "law 1, protocol holds no cipher" protocol "$SECRETS"
  for crate in protocol seal engine life; do check_linked "law 2, the core does nothing" "$crate" "$OUTSIDE"; done
  [ "$BROKEN" -eq 0 ] || die "$BROKEN import laws are broken; they stand in scripts/dev/laws.sh"
}
