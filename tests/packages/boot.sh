#!/bin/sh
# Boots the Debian system in a directory: its systemd becomes the first process of namespaces of its own (processes, mounts,
# network, control groups), and everything in it ends with that process. Called by tests/jobs/packages, on a terminal that
# becomes the system's console: boot.sh ROOT CONTROL-GROUP
set -eu
root=$1
echo "$$" > "$2/cgroup.procs"
export CONSOLE
CONSOLE=$(tty)
exec unshare --kill-child --mount --pid --cgroup --net --uts --ipc --fork --propagation private sh -euc '
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
# Variables of the kernel are this machine'\''s.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
touch dev/console
mount --bind "$CONSOLE" dev/console
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o mode=755 tmpfs run
ip link set lo up
hostname desk
mkdir -p old
pivot_root . old
umount -l /old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --show-status=0
' "$root"
