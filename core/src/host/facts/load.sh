# What a machine uses now: lines of a key, a tab and a value; two readings of the processor's counters, a second apart.
# $1 is the engine's data root. Runs in any POSIX shell.
export LC_ALL=C
tab=$(printf '\t')

say() {
  [ -z "$2" ] || printf '%s%s%s\n' "$1" "$tab" "$2"
}

[ -r /proc/stat ] && read -r cpu </proc/stat && say cpu_before "$cpu"
if [ -r /proc/meminfo ]; then
  while read -r name amount _; do
    case $name in
    MemTotal:) say memory_total_kib "$amount" ;;
    MemAvailable:) say memory_available_kib "$amount" ;;
    esac
  done </proc/meminfo
fi
[ -r /proc/loadavg ] && read -r one _ </proc/loadavg && say load "$one"
[ -r /proc/uptime ] && read -r up _ </proc/uptime && say uptime "$up"
# The data root may be closed to us; the file system it is on is not.
root=$1
while [ -n "$root" ] && ! [ -d "$root" ]; do root=${root%/*}; done
say disk "$(df -Pk "${root:-/}" 2>/dev/null | tail -n 1)"
sleep 1
[ -r /proc/stat ] && read -r cpu </proc/stat && say cpu_after "$cpu"
exit 0
