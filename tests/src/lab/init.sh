#!/bin/sh
# The first process of a machine of the lab, inside its own root: what init does on a small Debian server.
set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
umount -l /run/outside && rmdir /run/outside
# Written by the lab: one line each.
read -r machine user address mac access </run/lab/settings

network() {
  ip link set lo up
  tries=0
  until ip link show eth0 >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 600 ] || { echo "no eth0"; exit 1; }
    sleep 0.05
  done
  ip link set eth0 address "$mac"
  ip address add "$address/24" dev eth0
  ip link set eth0 up
}

first_boot() {
  printf '127.0.0.1 localhost\n%s %s\n' "$address" "$machine" >/etc/hosts
  echo "$machine" >/etc/hostname
  # Nothing answers here, so an unknown name fails at once instead of leaking out of the lab.
  rm -f /etc/resolv.conf
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf

  id "$user" >/dev/null 2>&1 || useradd --no-create-home --shell /bin/bash "$user"
  usermod --password '*' "$user"
  install -d -o "$user" -g "$user" "/home/$user"
  install -d -m 0700 -o "$user" -g "$user" "/home/$user/.ssh"
  install -m 0600 -o "$user" -g "$user" /run/lab/authorized_keys "/home/$user/.ssh/authorized_keys"
  case $access in
    group) usermod -aG docker "$user" ;;
    sudo) echo "$user ALL=(ALL) NOPASSWD:ALL" >/etc/sudoers.d/lab && chmod 0440 /etc/sudoers.d/lab ;;
  esac
  chown root:crontab /var/spool/cron/crontabs && chmod 1730 /var/spool/cron/crontabs

  rm -f /etc/ssh/ssh_host_*
  for kind in ed25519 ecdsa; do ssh-keygen -q -t "$kind" -N '' -f "/etc/ssh/ssh_host_${kind}_key"; done
  rm -rf /etc/ssh/sshd_config.d
  cat >/etc/ssh/sshd_config <<'END'
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 200
AcceptEnv LANG LC_*
Subsystem sftp /usr/lib/openssh/sftp-server
END

  mkdir -p /etc/docker
  cp /run/lab/daemon.json /etc/docker/daemon.json
  rm -f /etc/init.d/docker /var/log/docker.log
  install -m 0755 /run/lab/docker.init.sh /etc/init.d/docker
  touch /etc/lab-booted
}

hostname "$machine"
network
[ -e /etc/lab-booted ] || first_boot
mkdir -p /run/sshd
/usr/sbin/sshd
service docker start
cron
echo booted
# Orphans come to this process: waiting is what reaps them.
while :; do
  sleep 3600 &
  wait "$!"
done
