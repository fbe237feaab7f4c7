# The deployment lock of one environment. Arguments: the environment's folder, what to do, then its operands.
# The lock is the folder "lock" with one folder in it, named by the lock's id. Every change is one rename of a folder
# that is named by an id: of many who try, one wins, and nobody ever moves a lock other than the one they named.
# Exit status: 0 done, 10 held by somebody (described on standard output), 11 not ours, 12 nobody holds it.
set -u
umask 077
export LC_ALL=C
root=$1 act=$2
shift 2
lock=$root/lock

# rename A B: B may be an empty folder, never one with something in it.
rename() {
  mv -T "$1" "$2" 2>/dev/null || perl -e 'exit(rename($ARGV[0], $ARGV[1]) ? 0 : 1)' "$1" "$2" 2>/dev/null
}

# The holder's id, or nothing.
holder() {
  for held in "$lock"/*/; do
    [ -d "$held" ] || return 1
    held=${held%/}
    printf '%s\n' "${held##*/}"
    return 0
  done
}

# A runner holds runner.flock as long as it lives; where flock(1) is missing it leaves its process id.
runner() {
  if command -v flock >/dev/null 2>&1; then
    [ -e "$root/runner.flock" ] || return 1
    flock -n "$root/runner.flock" true && return 1
    return 0
  fi
  pid=$(cat "$root/runner.pid" 2>/dev/null) && [ -n "$pid" ] || return 1
  kill -0 "$pid" 2>/dev/null || [ -d "/proc/$pid" ]
}

# The heartbeat is a time stamp, not a content: it works on a full disk.
silence() {
  beat=$(stat -c %Y "$lock/$1/heartbeat" 2>/dev/null || stat -f %m "$lock/$1/heartbeat" 2>/dev/null) || return 1
  echo $(($(date +%s) - beat))
}

# A clock that was set back by more than a minute makes a heartbeat of the future as old as one of the past.
stale() {
  silent=$(silence "$1") || return 1
  [ "$silent" -gt 30 ] || [ "$silent" -lt -60 ] || return 1
  ! runner
}

describe() {
  id=$(holder) && silent=$(silence "$id") || return 1
  runs=no
  runner && runs=yes
  printf '%s\n' "$id" "$silent" "$runs"
  for part in who what since step; do
    printf '%s\n' "$(head -n 1 "$lock/$id/$part" 2>/dev/null)"
  done
  # It may have been released while it was read.
  [ -d "$lock/$id" ]
}

# Ends with the holder's description; comes back when there is none.
say_holder() {
  tries=0
  while id=$(holder); do
    if said=$(describe); then
      printf '%s\n' "$said"
      exit 10
    fi
    tries=$((tries + 1))
    [ $tries -lt 50 ] || fail "read the lock $id in $lock"
  done
}

fail() {
  echo "cannot $1" >&2
  exit 1
}

# A folder that is gone means that the lock is; anything else is a fault of the disk.
not_ours() {
  [ -d "$lock/$1" ] && fail "write to $lock"
  exit 11
}

# prepare FOLDER WHO WHAT SINCE STEP
prepare() {
  printf '%s\n' "$2" >"$1/who" && printf '%s\n' "$3" >"$1/what" && printf '%s\n' "$4" >"$1/since" &&
    printf '%s\n' "$5" >"$1/step" && touch "$1/heartbeat"
}

# acquire ID WHO WHAT SINCE STEP
acquire() {
  new=$root/lock.new.$1
  if [ -d "$lock/$1" ]; then
    touch -c "$lock/$1/heartbeat" || not_ours "$1"
    exit 0
  fi
  rm -rf "$new"
  mkdir -p "$new/$1" || exit 1
  if ! prepare "$new/$1" "$2" "$3" "$4" "$5"; then
    rm -rf "$new"
    exit 1
  fi
  tries=0
  until rename "$new" "$lock"; do
    if said=$(describe); then
      rm -rf "$new"
      printf '%s\n' "$said"
      exit 10
    fi
    tries=$((tries + 1))
    [ $tries -lt 50 ] || { rm -rf "$new"; fail "make $lock"; }
  done
  exit 0
}

# take_over STALE ID WHO WHAT SINCE STEP
take_over() {
  old=$1 left=$root/lock.stale.$1
  shift
  if [ -d "$lock/$old" ] && stale "$old" && rename "$lock/$old" "$left"; then
    rm -rf "$left"
  else
    say_holder
  fi
  acquire "$@"
}

case $act in
acquire) acquire "$@" ;;
take_over) take_over "$@" ;;
read)
  say_holder
  exit 12
  ;;
heartbeat)
  [ -d "$lock/$1" ] || exit 11
  touch -c "$lock/$1/heartbeat" || not_ours "$1"
  ;;
step)
  { printf '%s\n' "$2" >"$lock/$1/step.new" && mv -f "$lock/$1/step.new" "$lock/$1/step"; } 2>/dev/null || not_ours "$1"
  touch -c "$lock/$1/heartbeat"
  ;;
release)
  rename "$lock/$1" "$root/lock.old.$1" || not_ours "$1"
  rm -rf "$root/lock.old.$1"
  rmdir "$lock" 2>/dev/null
  exit 0
  ;;
*) fail "do $act" ;;
esac
