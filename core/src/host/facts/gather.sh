# What a machine says of itself: lines of a key, a tab and a value. What it cannot say is left out.
# Runs in any POSIX shell; asks nothing of the network but Amazon's own metadata address, and only on Amazon's machines.
export LC_ALL=C
tab=$(printf '\t')

say() {
  [ -z "$2" ] || printf '%s%s%s\n' "$1" "$tab" "$2"
}
has() {
  command -v "$1" >/dev/null 2>&1
}
# A daemon that hangs must not hang us.
brief() {
  if has timeout; then timeout 10 "$@"; else "$@"; fi 2>/dev/null </dev/null
}

say machine "$(uname -m)"
say home "$HOME"
say cores "$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null)"
if [ -r /proc/meminfo ]; then
  while read -r name amount _; do
    case $name in
    MemTotal:) say memory_total_kib "$amount" ;;
    MemAvailable:) say memory_available_kib "$amount" ;;
    esac
  done </proc/meminfo
else
  say memory_total_bytes "$(sysctl -n hw.memsize 2>/dev/null)"
fi
for file in /etc/os-release /usr/lib/os-release; do
  [ -r "$file" ] || continue
  while IFS= read -r line; do say os_release "$line"; done <"$file"
  break
done

# How the engine answers: the socket, a socket that this user's docker is set to, sudo, the rootless socket.
if has docker; then
  say docker_cli "$(docker --version 2>/dev/null)"
  set_to=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null)
  rootless=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}/docker.sock
  access='' server=''
  for socket in /var/run/docker.sock "${set_to#unix://}" sudo "$rootless"; do
    case $socket in
    sudo) server=$(brief sudo -n docker version --format '{{.Server.Version}}') ;;
    /*) [ -S "$socket" ] && server=$(brief docker -H "unix://$socket" version --format '{{.Server.Version}}') ;;
    *) continue ;;
    esac
    [ -z "$server" ] || { access=$socket; break; }
  done
  say docker "$access"
  say engine "$server"
  case $access in
  '') in_use='docker' ;;
  sudo) in_use='sudo -n docker' ;;
  *) in_use='docker' DOCKER_HOST=unix://$access && export DOCKER_HOST ;;
  esac
  # Two fixed words; they are split on purpose.
  # shellcheck disable=SC2086
  {
    say compose "$(brief $in_use compose version --short)"
    say buildx "$(brief $in_use buildx version)"
    [ -z "$access" ] || root=$(brief $in_use info --format '{{.DockerRootDir}}')
  }
  if [ -n "${root-}" ]; then
    say data_root "$root"
    as=
    [ "$access" = sudo ] && as='sudo -n'
    # shellcheck disable=SC2086
    {
      say disk "$(brief $as df -Pk "$root" | tail -n 1)"
      say inodes "$(brief $as df -Pi "$root" | tail -n 1)"
    }
  fi
fi
has git && say git "$(git --version 2>/dev/null)"
has curl && say curl "$(curl --version 2>/dev/null | head -n 1)"

# How a swap would go on after a reboot.
cron_runs() {
  for name in /proc/[0-9]*/comm; do
    read -r comm 2>/dev/null <"$name" || continue
    case $comm in cron | crond | fcron | dcron | cronie) return 0 ;; esac
  done
  return 1
}
if [ -d /run/systemd/system ] && { [ "$(id -u)" -eq 0 ] || brief sudo -n true; }; then
  say boot_hook systemd_system
elif [ -d /run/systemd/system ] && [ -e "/var/lib/systemd/linger/$(id -un)" ] && brief systemctl --user show-environment >/dev/null; then
  say boot_hook systemd_user
elif has crontab && cron_runs; then
  say boot_hook cron
fi

vendor=$(cat /sys/class/dmi/id/sys_vendor /sys/hypervisor/uuid 2>/dev/null)
case $vendor in
*Amazon* | ec2*)
  if has curl; then
    base=http://169.254.169.254/latest
    token=$(curl -fs -m 1 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $base/api/token)
    if [ -n "$token" ]; then
      say ec2_type "$(printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" | curl -fs -m 1 -K - $base/meta-data/instance-type)"
      say ec2_region "$(printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" | curl -fs -m 1 -K - $base/meta-data/placement/region)"
    fi
  fi
  ;;
esac
exit 0
