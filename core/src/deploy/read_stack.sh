#!/bin/sh
# Prints what a stack's folder says about itself: for each item a line `name TAB`, then lines of base64 of its content.
# A release that can be restored is a line `restorable TAB id`.
# A service that is switched is a line `active TAB service colour`.
# Argument: the stack's folder. A folder that is not there yet prints nothing.
set -u
tab=$(printf '\t')

emit() {
    [ -f "$2" ] || return 0
    printf '%s%s\n' "$1" "$tab"
    base64 <"$2"
}

cd -- "$1" 2>/dev/null || exit 0
serving=
[ -f current ] && read -r serving <current
case $serving in
'' | *[!0-9a-f]*) ;;
*)
    emit current current
    emit record "releases/$serving/release.json"
    emit compose "releases/$serving/compose.json"
    emit live-env "releases/$serving/.env"
    ;;
esac
emit env fixed/.env
emit build-env fixed/.env.build
emit key fixed/.fingerprint-key
if [ -f switch/active.map ]; then
    while read -r service colour; do
        printf 'active%s%s %s\n' "$tab" "$service" "$colour"
    done <switch/active.map
fi
for live in releases/*/live; do
    [ -f "$live" ] || continue
    release=${live#releases/}
    release=${release%/live}
    case $release in *[!0-9a-f]*) continue ;; esac
    printf 'restorable%s%s\n' "$tab" "$release"
done
