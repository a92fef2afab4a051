# shellcheck shell=bash
# A relay on this machine for a person to try: never two on one port, never one left behind by Ctrl-C,
# and "ready" is said only when /readyz has said so.

RELAY_LISTEN="${LIFEOS_LISTEN:-127.0.0.1:8787}"
RELAY_DATABASE="${LIFEOS_DATABASE:-sqlite://.dev/relay.sqlite}"
RELAY_URL="${LIFEOS_PUBLIC_URL:-http://localhost:${RELAY_LISTEN##*:}}"
RELAY_PID_FILE=.dev/relay.pid
RELAY_LOG=.dev/relay.log
READY_SECONDS=60
WEB_DIST=web/dist
STOP_SECONDS=20

release_dir() { say "${CARGO_TARGET_DIR:-target}/release"; }

# By name, not --workspace: features that only tests switch on must not reach these programs.
build_release() { cargo build --release --locked -p sync-server -p lifeos; }

# Prints the HTTP status of /readyz, or nothing when nobody answers. Bash speaks TCP by itself, so no
# client has to be installed.
ready_status() {
  local host="${RELAY_LISTEN%:*}" port="${RELAY_LISTEN##*:}"
  host="${host#[}"
  host="${host%]}"
  case "$host" in
    0.0.0.0) host=127.0.0.1 ;;
    ::) host=::1 ;;
  esac
  (
    exec 3<>"/dev/tcp/$host/$port"
    printf 'GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$RELAY_LISTEN" >&3
    read -r -t 2 _ status _ <&3
    printf '%s' "$status"
  ) 2>/dev/null || true
}

alive() { kill -0 "$1" 2>/dev/null; }

# A process id is used again after a restart of the machine; only a relay is ever signalled.
is_relay() {
  local words
  alive "$1" || return 1
  if [ -r "/proc/$1/cmdline" ]; then words="$(tr '\0' ' ' <"/proc/$1/cmdline")"; else words="$(ps -o args= -p "$1")"; fi
  [[ "$words" == *sync-server* ]]
}

wait_until_ready() {
  local pid="$1" deadline=$((SECONDS + READY_SECONDS))
  while alive "$pid" && ((SECONDS < deadline)) && [ -z "$STOPPING" ]; do
    [ "$(ready_status)" != 200 ] || return 0
    sleep 0.1
  done
  return 1
}

# Asks first. What the relay has acknowledged is on disk, so a relay that does not listen may be killed.
stop_relay() {
  local pid="$1" deadline=$((SECONDS + STOP_SECONDS))
  kill -TERM "$pid" 2>/dev/null || true
  while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done
  alive "$pid" || return 0
  warn "the relay did not stop within $STOP_SECONDS s; it is killed"
  kill -KILL "$pid" 2>/dev/null || true
}

start_relay() {
  local program
  program="$(release_dir)/sync-server"
  [ "${program#/}" != "$program" ] || program="$PWD/$program"
  # A process group of its own: Ctrl-C reaches this script alone, which then stops the relay once and in order.
  set -m
  if [ "$1" = detached ]; then
    nohup "$program" "${RELAY_ARGUMENTS[@]}" </dev/null >>"$RELAY_LOG" 2>&1 &
  else
    "$program" "${RELAY_ARGUMENTS[@]}" </dev/null &
  fi
  RELAY_PID=$!
  set +m
  say "$RELAY_PID" >"$RELAY_PID_FILE"
}

say_how_to_begin() {
  local bin
  printf '\nopen %s\n\nor begin in another terminal:\n' "$RELAY_URL"
  bin="$(release_dir)"
  [ "${bin#/}" != "$bin" ] || bin="$PWD/$bin"
  cat <<BEGIN
  export PATH="$bin:\$PATH"
  lifeos init --relay $RELAY_URL --name "My laptop"
  lifeos add habit name="Walk"
  lifeos sync

BEGIN
}

# Leaves a relay that is already there alone.
settle_port() {
  local status
  status="$(ready_status)"
  case "$status" in
    "") return 0 ;;
    200)
      say "A relay already answers on $RELAY_LISTEN; it is left alone."
      say_how_to_begin
      exit 0
      ;;
    *) die "something else answers on $RELAY_LISTEN (/readyz says $status)." \
      "Stop it, or choose another address: LIFEOS_LISTEN=127.0.0.1:8788 ./dev up" ;;
  esac
}

relay_failed() {
  local code=0
  if alive "$RELAY_PID"; then
    stop_relay "$RELAY_PID"
    rm -f "$RELAY_PID_FILE"
    die "the relay was not ready after $READY_SECONDS s and was stopped; its log says why."
  fi
  wait "$RELAY_PID" || code=$?
  rm -f "$RELAY_PID_FILE"
  die "the relay ended with code $code before it was ready; its log says why."
}

stay_with_relay() {
  local code=0
  # A trapped signal ends `wait` early.
  if [ -z "$STOPPING" ]; then wait "$RELAY_PID" || code=$?; fi
  if [ -n "$STOPPING" ]; then
    say "stopping the relay"
    stop_relay "$RELAY_PID"
    code=0
    wait "$RELAY_PID" || code=$?
  fi
  rm -f "$RELAY_PID_FILE"
  [ "$code" -eq 0 ] || die "the relay ended with code $code"
  say "the relay has stopped"
}

cmd_up() {
  local manner=attached
  case "${1:-}" in
    "") ;;
    --detach) manner=detached ;;
    *) die "./dev up knows only --detach, got: $*" ;;
  esac
  ensure_build
  ensure_web
  build_release
  build_web
  mkdir -p .dev
  settle_port
  RELAY_ARGUMENTS=(serve --listen "$RELAY_LISTEN" --database "$RELAY_DATABASE" --public-url "$RELAY_URL" --web-dir "$WEB_DIST")
  STOPPING=""
  trap 'STOPPING=yes' INT TERM HUP
  start_relay "$manner"
  if ! wait_until_ready "$RELAY_PID"; then
    if [ -z "$STOPPING" ]; then
      [ "$manner" = attached ] || tail -n 20 "$RELAY_LOG" >&2
      relay_failed
    fi
    stay_with_relay
    return 0
  fi
  say "The relay is ready at $RELAY_URL; its database is $RELAY_DATABASE"
  say_how_to_begin
  if [ "$manner" = attached ]; then
    say "Ctrl-C stops the relay."
    stay_with_relay
  else
    say "It runs as process $RELAY_PID with its log in $RELAY_LOG; ./dev down stops it."
  fi
}

cmd_down() {
  local pid=""
  [ ! -f "$RELAY_PID_FILE" ] || pid="$(cat "$RELAY_PID_FILE")"
  if [ -z "$pid" ] || ! is_relay "$pid"; then
    rm -f "$RELAY_PID_FILE"
    say "no relay that ./dev up started is running"
    return 0
  fi
  stop_relay "$pid"
  rm -f "$RELAY_PID_FILE"
  say "the relay (process $pid) has stopped"
}
