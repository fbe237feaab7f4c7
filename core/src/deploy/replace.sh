#!/bin/sh
# Replaces a small file if it still is what somebody has seen. Arguments: the folder, the file's name, an id.
# Beside the file lie its new content, "NAME.ID.new", and what was seen of it, "NAME.ID.seen" (missing: there was no file).
# Of many who try, one at a time compares and renames, under the folder "NAME.busy".
# Exit status: 0 replaced, 10 it is another by now, 11 somebody else is at it for too long.
set -u
export LC_ALL=C
cd -- "$1" || exit 1
name=$2
new=$name.$3.new seen=$name.$3.seen
holds=
trap 'rm -f -- "$new" "$seen"; [ -z "$holds" ] || rmdir -- "$name.busy"' EXIT
trap 'exit 1' HUP INT TERM

# One that was killed in here leaves the folder; comparing takes no minute.
tries=0
until mkdir -- "$name.busy" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || exit 11
    [ -z "$(find "$name.busy" -prune -mmin +1 2>/dev/null)" ] || rmdir -- "$name.busy" 2>/dev/null
    sleep 0.1 2>/dev/null || sleep 1
done
holds=1

if [ -e "$seen" ]; then
    cmp -s -- "$name" "$seen" || exit 10
else
    [ ! -e "$name" ] || exit 10
fi
mv -f -- "$new" "$name"
