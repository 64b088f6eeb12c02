#!/bin/bash
# systemd as PID 1 of a machine to be thrown away: new namespaces for processes, mounts, control groups, network,
# names and IPC; its root is an overlay in memory over this machine's, so that nothing it writes is left.
#
#   boot.sh FOLDER PROJECT PYTHON
#
#   FOLDER/etc        is laid over /etc; its units are the only ones there are
#   FOLDER/programs   is bound to /opt/crosspost
#   FOLDER/console    gets what PID 1 says
#   PROJECT           is bound where it is, read-only
#   PYTHON            the prefix of the interpreter, bound to /opt/python: a home directory is shut to services
#
# It ends when this script is ended, and with it every process inside.
set -euo pipefail

folder=$1 project=$2 python=$3

outside() {
    local hierarchy=/sys/fs/cgroup/unified
    [ -d "$hierarchy" ] || hierarchy=/sys/fs/cgroup
    local group=$hierarchy/crosspost-test-$$
    mkdir "$group"
    echo $BASHPID >"$group/cgroup.procs"
    exec unshare --pid --fork --kill-child --mount --propagation private --cgroup --net --uts --ipc \
        "$BASH" "$0" "$folder" "$project" "$python" inside
}

device() {
    touch "dev/$1"
    mount --bind "$2" "dev/$1"
}

inside() {
    mkdir -p "$folder/layers"
    mount -t tmpfs tmpfs "$folder/layers"
    mkdir "$folder"/layers/{upper,work,merged}
    mount -t overlay overlay "$folder/layers/merged" \
        -o "lowerdir=/,upperdir=$folder/layers/upper,workdir=$folder/layers/work"
    cd "$folder/layers/merged"

    for place in run dev var/lib var/log etc/systemd/system; do
        mount -t tmpfs -o mode=755 tmpfs "$place"
    done
    mount -t tmpfs -o mode=1777 tmpfs tmp
    mount -t proc proc proc
    # Nothing of the real machine may be set from here: its kernel settings are read-only.
    mount --bind proc/sys proc/sys
    mount -o remount,bind,ro proc/sys
    mount -t sysfs -o ro sysfs sys
    mount -t cgroup2 cgroup2 sys/fs/cgroup

    for node in null zero full random urandom tty; do
        device "$node" "/dev/$node"
    done
    device console "$folder/console"
    mkdir dev/shm dev/pts
    mount -t tmpfs -o mode=1777 tmpfs dev/shm
    mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
    ln -s pts/ptmx dev/ptmx

    : >etc/fstab
    cp -r "$folder/etc/." etc/
    mkdir -p opt/crosspost opt/python ".$project"
    mount --bind "$folder/programs" opt/crosspost
    mount --bind "$python" opt/python
    mount --bind "$project" ".$project"
    mount -o remount,bind,ro ".$project"

    mkdir run/outside
    pivot_root . run/outside
    cd /
    umount --lazy /run/outside
    rmdir /run/outside
    # In a container systemd leaves this to whoever made it; credentials reach a service by a shared mount.
    mount --make-rshared /
    hostname crosspost-test
    exec env -i PATH="$PATH" container=crosspost-test \
        SYSTEMD_UNIT_PATH=/etc/systemd/system SYSTEMD_GENERATOR_PATH=/nowhere \
        /lib/systemd/systemd --unit=test.target --show-status=no --log-target=journal \
        </dev/null >/dev/console 2>&1
}

${4-outside}
