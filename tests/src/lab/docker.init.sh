#!/bin/sh
# /etc/init.d/docker of a machine of the lab. The package's own script raises limits, which a container's root may not.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# BuildKit clips the log of a step at 2 MiB unless told otherwise; the one in 20.10 takes -1 for "nothing at all".
export BUILDKIT_STEP_LOG_MAX_SIZE=1073741824 BUILDKIT_STEP_LOG_MAX_SPEED=1073741824
pidfile=/run/docker-service.pid

start() {
  rm -f /run/docker.pid
  start-stop-daemon --start --oknodo --background --no-close --make-pidfile --pidfile "$pidfile" \
    --startas "$(command -v dockerd)" >>/var/log/docker.log 2>&1
}
stop() { start-stop-daemon --stop --oknodo --pidfile "$pidfile" --remove-pidfile --retry TERM/20/KILL/5; }

case ${1:-} in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop && start ;;
  status) start-stop-daemon --status --pidfile "$pidfile" ;;
  *) echo "usage: service docker start|stop|restart|status" >&2 && exit 2 ;;
esac
