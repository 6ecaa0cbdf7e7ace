#!/bin/sh
# The first process in the private engine's namespaces: brings the loopback up, runs the daemon, reaps orphans, passes SIGTERM on.
# usage: engine-init.sh own-mounts|shared-mounts DIRECTORY DAEMON ARGUMENTS...
mounts=$1
dir=$2
shift 2
ip link set lo up 2>/dev/null || busybox ip link set lo up 2>/dev/null || true
if [ "$mounts" = own-mounts ] && [ -e /run/containerd ]; then
  # A containerd of the machine must not serve this daemon: its shims would run outside of these namespaces.
  mount -t tmpfs tmpfs /run/containerd 2>/dev/null || true
fi
if [ "$mounts" = own-mounts ] && [ -d "$dir/memory" ]; then
  # What Podman and its runtime write down beside their directories goes with this namespace; and each step of a build waits for the disk.
  owner=$(stat -c %u:%g "$dir/memory")
  mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs "$dir/memory" && chown "$owner" "$dir/memory"
fi
if [ "$mounts" = own-mounts ] && [ -d "$dir/etc" ]; then
  # Of a user who is not root: known here only, with a directory as logging in makes it, and the device of user-mode networks as udev leaves it.
  for file in "$dir"/etc/*; do mount --bind "$file" "/etc/${file##*/}" || exit 1; done
  mkdir -p "/run/user/${owner%:*}" && chown "$owner" "/run/user/${owner%:*}"
  mount -t tmpfs tmpfs /dev/net && mknod -m 666 /dev/net/tun c 10 200
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
