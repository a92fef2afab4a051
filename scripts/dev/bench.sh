# shellcheck shell=bash
# Measurements beside named peers. Their packages are installed for this command alone; the gate knows nothing of them.

ensure_peers() {
  # npm leaves this file when an installation is complete.
  local folder=bench/peers mark=bench/peers/node_modules/.package-lock.json
  if [ -f "$mark" ] && [ ! "$folder/package-lock.json" -nt "$mark" ] && [ ! "$folder/package.json" -nt "$mark" ]; then return 0; fi
  say "installing the peers of bench/peers/package-lock.json"
  (cd "$folder" && npm install --no-save --no-progress)
  touch "$mark"
}

# The programs that are measured are the ones people run: by name, so that nothing of the tests reaches the relay.
cmd_bench() {
  ensure_build
  ensure_web
  ensure_peers
  build_web
  cargo build --release --locked -p sync-server
  cargo build --release --locked -p bench
  "$(release_dir)/bench" "$@"
}

# Nothing but our own code, on stores in memory; criterion compares with what it kept of an earlier run.
cmd_hot() {
  ensure_build
  cargo bench --locked -p bench --bench hot -- "$@"
}
