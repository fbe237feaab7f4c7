#!/bin/sh
# Makes the root file system of a small base image from Debian packages, without running any of their scripts:
#   rootfs.sh OUT.tar.gz PACKAGE...
# The result holds the packages' closure and busybox for everything else.
set -eu
out=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/debs" "$work/root"
chmod 0755 "$work" "$work/debs"
: >"$work/none-installed"

# What Debian pulls in for maintainer scripts, logins and Kerberos has no use in a container.
unneeded='^(adduser|debconf|dpkg|init-system-helpers|lsb-base|passwd|perl.*|.*-perl|libperl.*|sysvinit-utils|tar|usrmerge|gcc-[0-9]+-base'
unneeded="$unneeded"'|libpam.*|libaudit.*|libsem.*|libsepol.*|libgdbm.*|libkrb5.*|libk5.*|libgssapi.*|libnsl.*|libtirpc.*|libkeyutils.*|libcom-err.*|libdb5.*)$'
packages=$(apt-get -o Dir::State::status="$work/none-installed" -o APT::Install-Recommends=false --print-uris -y -qq install "$@" |
  awk '{ print $2 }' | cut -d_ -f1 | grep -Ev "$unneeded")
# shellcheck disable=SC2086 # one word per package
(cd "$work/debs" && apt-get -qq download $packages busybox-static >&2)
for deb in "$work"/debs/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$work/root" --keep-directory-symlink; done

cd "$work/root"
for dir in bin sbin lib lib64; do
  if [ ! -e "$dir" ] && [ -d "usr/$dir" ]; then ln -s "usr/$dir" "$dir"; fi
done
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/lintian usr/lib/*/gconv usr/lib/python3*/test var/cache
mkdir -p tmp root proc sys dev run data etc app
chmod 1777 tmp
[ -e usr/bin/python3 ] && ln -sf python3 usr/bin/python
[ -e etc/passwd ] || printf 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n' >etc/passwd
[ -e etc/group ] || printf 'root:x:0:\nnogroup:x:65534:\n' >etc/group
busybox=$(find . -name busybox -path '*bin/*' | head -n 1)
"$busybox" --list-full | while read -r applet; do
  [ -e "$applet" ] || [ -L "$applet" ] || { mkdir -p "$(dirname "$applet")" && ln -s "${busybox#.}" "$applet"; }
done
tar -c --sort=name --numeric-owner . | gzip -n -6 >"$out.part"
mv "$out.part" "$out"
