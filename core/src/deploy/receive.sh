#!/bin/sh
# Puts what a tar brought into work/<name>.part/ in its place.
# Arguments: the stack's folder, the name of the work folder.
# `work/…` of the tar becomes work/<name>/; `files/<hash>/…` is content-addressed and kept if it is there.
# `copy` in the work folder lists files of fixed/ (one a line) to lay beside the sources: variables that git does not track.
# `folders` lists folders made in fixed/, `needed` what must be in fixed/: what is not there is printed as `missing PATH`.
set -eu
umask 077
root=$1
name=$2
cd -- "$root"
mkdir -p -- files fixed
incoming=work/$name.part
rm -rf -- "work/$name"
if [ -d "$incoming/files" ]; then
    for tree in "$incoming"/files/*; do
        target=files/${tree##*/}
        [ -e "$target" ] || mv -- "$tree" "$target"
    done
fi
while IFS= read -r path; do
    [ -f "fixed/$path" ] || continue
    mkdir -p -- "$incoming/work/source/$(dirname -- "$path")"
    cp -- "fixed/$path" "$incoming/work/source/$path"
done <"$incoming/work/copy"
while IFS= read -r path; do
    (umask 022 && mkdir -p -- "fixed/$path")
done <"$incoming/work/folders"
while IFS= read -r path; do
    [ -e "fixed/$path" ] || printf 'missing %s\n' "$path"
done <"$incoming/work/needed"
mv -- "$incoming/work" "work/$name"
rm -rf -- "$incoming"
