#!/bin/sh
# Prints what a stack's folder says about itself, one item a line: name, TAB, base64 of its content.
# Argument: the stack's folder. A folder that is not there yet prints nothing.
set -u
tab=$(printf '\t')

emit() {
    [ -f "$2" ] || return 0
    printf '%s%s%s\n' "$1" "$tab" "$(base64 <"$2" | tr -d '\n')"
}

cd -- "$1" 2>/dev/null || exit 0
current=
[ -f current ] && current=$(cat current)
case $current in
'' | *[!0-9a-f]*) ;;
*)
    emit current current
    emit record "releases/$current/release.json"
    emit compose "releases/$current/compose.json"
    ;;
esac
emit env fixed/.env
emit build-env fixed/.env.build
emit key fixed/.fingerprint-key
for live in releases/*/live; do
    [ -f "$live" ] || continue
    release=${live#releases/}
    printf 'restorable%s%s\n' "$tab" "$(printf '%s' "${release%/live}" | base64)"
done
