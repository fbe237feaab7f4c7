#!/bin/sh
# Takes a tar on standard input into a stack's folder.
# Arguments: the stack's folder, the name of the work folder.
# `work/…` of the tar becomes work/<name>/; `files/<hash>/…` is content-addressed and kept if it is there.
# `copy` in the work folder lists files of fixed/ (one a line) to lay beside the sources: variables that git does not track.
set -eu
umask 077
root=$1
name=$2
mkdir -p -- "$root/work" "$root/files" "$root/fixed"
cd -- "$root"
incoming=work/$name.part
rm -rf -- "$incoming" "work/$name"
mkdir -- "$incoming"
tar -xpf - -C "$incoming"
if [ -d "$incoming/files" ]; then
    for tree in "$incoming"/files/*; do
        target=files/${tree##*/}
        [ -e "$target" ] || mv -- "$tree" "$target"
    done
fi
if [ -f "$incoming/work/copy" ]; then
    while IFS= read -r path; do
        [ -f "fixed/$path" ] || continue
        mkdir -p -- "$incoming/work/source/$(dirname -- "$path")"
        cp -- "fixed/$path" "$incoming/work/source/$path"
    done <"$incoming/work/copy"
fi
if [ -f "$incoming/work/folders" ]; then
    while IFS= read -r path; do
        (umask 022 && mkdir -p -- "fixed/$path")
    done <"$incoming/work/folders"
fi
if [ -f "$incoming/work/needed" ]; then
    while IFS= read -r path; do
        [ -e "fixed/$path" ] || printf 'missing %s\n' "$path"
    done <"$incoming/work/needed"
fi
mv -- "$incoming/work" "work/$name"
rm -rf -- "$incoming"
