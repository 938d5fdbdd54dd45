# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# chroot.sh - sourced by tests that need a bare Debian of another release or architecture, after
# app/setup.sh: makes one with mmdebstrap and runs commands in it. Needs to be root, to mount.

# chroot_make FOLDER RELEASE ARCHITECTURES: a bare root, if it is not there yet.
chroot_make() {
    [ "$(id -u)" -eq 0 ] || setup_die 'only root may mount the tree into a root of its own'
    setup_packages mmdebstrap debian-archive-keyring
    if [ -e "$1/.done" ]; then
        return 0
    fi
    setup_say "making a bare Debian $2 root for $3"
    rm -rf "$1"
    # A mirror may be behind, and a release no longer supported.
    mmdebstrap --variant=minbase --architectures="$3" \
        --aptopt='Acquire::Check-Valid-Until "false"' --dpkgopt=force-unsafe-io "$2" "$1" "$(setup_mirror)" >&2
    mkdir -p "$1/tree" "$1/shared"
    touch "$1/.done"
}

# chroot_foreign ARCHITECTURE: lets the kernel run its programs, by qemu; fails where that cannot be.
# Where no systemd runs, nobody has told the kernel of the qemu that is installed.
chroot_foreign() {
    local register=/proc/sys/fs/binfmt_misc/register cpu=$1
    setup_packages qemu-user-static arch-test
    if arch-test "$1" >/dev/null; then
        return 0
    fi
    case $1 in
    arm64) cpu=aarch64 ;;
    armhf) cpu=arm ;;
    esac
    [ -e "$register" ] || mount -t binfmt_misc binfmt_misc "${register%/*}" || return 1
    grep -v '^#' "/usr/lib/binfmt.d/qemu-$cpu.conf" >"$register" || return 1
    arch-test "$1" >/dev/null
}

# chroot_run FOLDER COMMAND...: runs it there, with this tree at /tree, published models at /shared
# and nothing of this environment. What is mounted is gone with the command.
chroot_run() {
    # shellcheck disable=SC2016,SC2154 # for the shell inside; $root is the caller's
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        unshare --mount --pid --fork bash -euc '
            tree=$1 shared=$2 chroot=$3
            shift 3
            mount --bind "$tree" "$chroot/tree"
            if [ -d "$shared" ]; then
                mount --bind -o ro "$shared" "$chroot/shared"
            fi
            mount -t proc proc "$chroot/proc"
            mount --rbind /dev "$chroot/dev"
            cp --remove-destination /etc/resolv.conf "$chroot/etc/resolv.conf"
            exec chroot "$chroot" "$@"' - \
        "$root" "$(realpath -m "${MOBILENET_SHARED:-$root/../shared}")" "$@"
}
