#!/bin/sh
# Boots one machine of the lab: runs as the first process of fresh mount, pid, net, uts and ipc namespaces.
# Its one operand is the machine's folder: disk.img, init.sh, daemon.json, authorized_keys, settings.
# All mounts are made in the machine's own mount namespace, so they end when its last process does.
set -eu
folder=$1
disk=$folder/disk
root=$folder/root
mkdir -p "$disk" "$root"

# Two mounts at once may choose the same free loop device: one after another.
exec 8>/run/plimsoll-lab.loop
flock 8
mount -o loop "$folder/disk.img" "$disk"
exec 8>&-
mkdir -p "$disk/up" "$disk/wk" "$disk/docker" "$disk/root" "$disk/home" "$disk/crontabs"
mount -t overlay -o "lowerdir=/,upperdir=$disk/up,workdir=$disk/wk" lab-root "$root"

# What persists on the machine's disk, outside the overlay: Docker's overlay2 cannot live on another overlay,
# and the homes and crontabs of the machine underneath must not shine through.
bind() { mkdir -p "$root$2" && mount --bind "$disk/$1" "$root$2"; }
bind docker /var/lib/docker
bind root /root
bind home /home
bind crontabs /var/spool/cron/crontabs

# Fresh at every boot, or none of this machine's business.
for place in /run /tmp /dev; do mount -t tmpfs lab "$root$place"; done
for place in /opt /srv /mnt /media; do mount -t tmpfs lab "$root$place"; done
for place in /usr/local /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly /etc/cron.monthly; do
  [ ! -d "$root$place" ] || mount -t tmpfs -o ro,size=4k hidden "$root$place"
done
chmod 1777 "$root/tmp"
for hidden in "$(dirname "$(dirname "$folder")")" $(cat "$folder/hidden"); do
  [ ! -d "$root$hidden" ] || mount -t tmpfs -o ro,size=4k hidden "$root$hidden"
done

mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount --rbind /sys/fs/cgroup "$root/sys/fs/cgroup"
fi

mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/mqueue"
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
mount -t mqueue mqueue "$root/dev/mqueue"
for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0 fuse:10:229; do
  name=${node%%:*} numbers=${node#*:}
  mknod -m 0666 "$root/dev/$name" c "${numbers%:*}" "${numbers#*:}"
done
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

mkdir "$root/run/lab" "$root/run/outside"
cp "$folder/init.sh" "$folder/docker.init.sh" "$folder/daemon.json" "$folder/authorized_keys" "$folder/settings" "$root/run/lab/"
cd "$root"
pivot_root . run/outside
exec /bin/sh /run/lab/init.sh <&- >/var/log/boot.log 2>&1
