#!/bin/sh
# The first process in the private engine's namespaces: brings the loopback up, runs the daemon, reaps orphans, passes SIGTERM on.
# usage: engine-init.sh own-mounts|shared-mounts DOCKERD ARGUMENTS...
mounts=$1
shift
ip link set lo up 2>/dev/null || busybox ip link set lo up 2>/dev/null || true
if [ "$mounts" = own-mounts ] && [ -e /run/containerd ]; then
  # A containerd of the machine must not serve this daemon: its shims would run outside of these namespaces.
  mount -t tmpfs tmpfs /run/containerd 2>/dev/null || true
fi
"$@" &
daemon=$!
trap 'kill -TERM "$daemon" 2>/dev/null' TERM
while :; do
  wait "$daemon"
  status=$?
  # A wait that a signal interrupted has not seen the daemon end.
  kill -0 "$daemon" 2>/dev/null || exit "$status"
done
