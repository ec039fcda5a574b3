#!/bin/sh
# Makes a root filesystem the world of an engine, and becomes that engine.
#
#   sh enter.sh ROOT SCRATCH DATA RUN CGROUP COMMAND...
#
# Run as PID 1 of new mount, PID, network, IPC and UTS namespaces: `unshare --kill-child` makes
# them. All that is done here is gone with them, but for the control groups CGROUP.
#
#   ROOT     folder with the files of a Debian; not written to: an overlay keeps what is
#   SCRATCH  an empty folder to mount that overlay in
#   DATA     folder that stays: /data inside
#   RUN      folder by which the engine's socket gets out: /run/engine inside
#   CGROUP   name below every control group hierarchy: the engine sees it as their root
set -eu
root=$1 scratch=$2 data=$3 run=$4 cgroup=$5
shift 5

mount -t tmpfs -o mode=755 scratch "$scratch"
new=$scratch/root
mkdir "$scratch/upper" "$scratch/work" "$new"
mount -t overlay -o "lowerdir=$root,upperdir=$scratch/upper,workdir=$scratch/work" engine "$new"
cd "$new"

mkdir -p data run/engine
mount --bind "$data" data
mount --bind "$run" run/engine
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o nosuid,nodev,noexec sysfs sys

# Not the host's /dev: its terminals and its /dev/shm are no business of the engine.
mount -t tmpfs -o mode=755 dev dev
mkdir dev/pts dev/shm dev/mqueue
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o nosuid,nodev,mode=1777 shm dev/shm
mount -t mqueue mqueue dev/mqueue
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

# cgroups(7). With version 1, or both, /sys/fs/cgroup is a tmpfs with a mount for each hierarchy.
# Of both, the engine sees those of version 1: crun refuses to start where it finds one of each.
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
	version=2
	echo 0 >"/sys/fs/cgroup/$cgroup/cgroup.procs"
	mount --bind "/sys/fs/cgroup/$cgroup" sys/fs/cgroup
else
	version=1
	mount -t tmpfs -o mode=755 cgroup sys/fs/cgroup
	for hierarchy in /sys/fs/cgroup/*/"$cgroup"; do
		hierarchy=${hierarchy%/"$cgroup"}
		name=${hierarchy##*/}
		echo 0 >"$hierarchy/$cgroup/cgroup.procs"
		[ ! -e "$hierarchy/cgroup.controllers" ] || continue
		mkdir "sys/fs/cgroup/$name"
		mount --bind "$hierarchy/$cgroup" "sys/fs/cgroup/$name"
	done
fi

# No chroot: loading an image remounts /, so / must be a mount (pivot_root(2), "pivot_root . .").
pivot_root . .
umount -l .

hostname engine
ip link set lo up
export version
exec unshare --cgroup -- sh -c '
	if [ "$version" = 2 ]; then
		# A control group with processes in it cannot give controllers to those below it.
		mkdir -p /sys/fs/cgroup/init
		echo 0 >/sys/fs/cgroup/init/cgroup.procs
		sed "s/[^ ]*/+&/g" /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
	fi
	unset version
	exec tini -- "$@"' sh "$@"
