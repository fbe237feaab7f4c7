#!/bin/sh
# Plimsoll's runner: swaps one environment on its server to a new release, or undoes the attempt, with nobody watching.
#
# Invariants
#  1. Data is data. Everything comes from files below in/, read with `read -r` or `cat`; nothing is evaluated or sourced.
#  2. One runner works in an environment (an flock that ends with its holder; programs it started in the foreground inherit it,
#     so that a killed runner's last `docker compose` is over before the next runner begins).
#  3. What was meant is in the journal before it is done, and what came of it after. The journal alone decides what a later
#     runner does: finished -> nothing; undo begun -> undo; commit begun and renamed -> forward; else forward.
#  4. Every step may be done again: it asks first, or it is of a kind that does nothing the second time (`compose up`).
#  5. Until the commit (one rename, of `current`) the old release can be brought back; after it only tidying up follows.
#  6. Compose sees the release's rendered file, PATH, HOME and the engine's address: no exported variable, no `.env`.
#  7. Images are here already; nothing is pulled or built. Volumes are never removed.
#  8. The release command runs once per release; the exit status of its named container is the ledger. It is never undone.
#  9. One-shot services are not run again by an undo: an old migration on newer data does harm.
# 10. An engine that goes away is waited for, and the attempt is repeated once. If it stays away the runner ends without an end
#     in its journal: the boot hook, or a later start, goes on from there.
#
# Use: runner.sh start|run|state|boot DEPLOYMENT, runner.sh follow DEPLOYMENT OFFSET SECONDS, runner.sh records ENVIRONMENT
# Exit status: 0 done (the answer is on standard output), 1 refused (the reason is on standard error), 75 try again later.

# shellcheck disable=SC2030,SC2031 # the watcher of the gap has a work folder of its own, in its subshell
set -u
LC_ALL=C
export LC_ALL
umask 077

TAB=$(printf '\t')
ENGINE_PATIENCE_S=300

die() {
    printf '%s\n' "$1" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# failpoint NAME [SERVICE]: a place where tests kill or hold the runner.
failpoint() { :; }

# nap SECONDS: fractions where sleep(1) knows them.
nap() {
    sleep "$1" 2>/dev/null || sleep 1
}

# now_ms: sets $now_ms, milliseconds since 1970 (whole seconds where date(1) has no finer ones).
now_ms() {
    now_ms=$(date +%s%3N)
    case $now_ms in
    *[!0-9]*) now_ms=$(date +%s)000 ;;
    esac
}

# mono: sets $mono_s, seconds that never jump (since boot; else those of the clock).
mono() {
    if [ -r /proc/uptime ] && IFS=. read -r mono_s mono_rest </proc/uptime; then
        : "$mono_rest"
    else
        mono_s=$(date +%s)
    fi
}

# value FILE: sets $value to its first line; empty, and status 1, if there is none.
value() {
    value=
    [ -r "$1" ] || return 1
    IFS= read -r value <"$1" || [ -n "$value" ]
}

# whole FILE: sets $whole to all of it, newlines at the end included.
whole() {
    whole=
    [ -r "$1" ] || return 1
    whole=$(cat "$1" && printf .)
    whole=${whole%.}
}

# put FILE TEXT: replaces FILE by one line in one go.
put() {
    printf '%s\n' "$2" >"$1.new" && durable "$1.new" && mv -f "$1.new" "$1"
}

# jot FILE TEXT: the same for what a reboot may lose.
jot() {
    printf '%s\n' "$2" >"$1.new" && mv -f "$1.new" "$1"
}

# durable FILES...: on disk before we go on.
durable() {
    sync -d "$@" 2>/dev/null || sync
}

# clean TEXT: sets $clean, one line without control characters, at most 2000 bytes.
clean() {
    clean=$1
    case $clean in
    *[[:cntrl:]]*) clean=$(printf '%s' "$clean" | tr '\t\n\r' '   ' | tr -d '[:cntrl:]') ;;
    esac
    [ "${#clean}" -le 2000 ] || clean=$(printf '%s' "$clean" | head -c 2000)...
}
