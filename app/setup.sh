# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# setup.sh - sourced by app/run and tests/run: installs the Debian packages that are missing and
# builds the tree. The caller sets $root (the top of the tree) and calls, in this order:
#
#     setup_packages $setup_build_packages $setup_view_packages [MORE...]
#     setup_build [MESON-OPTION...]
#
# A second call finds everything done, needs no network and no root, and takes seconds.

setup_dir=${BUILD_DIR:-$root/build}

setup_build_packages='gcc libc6-dev meson ninja-build pkgconf libglib2.0-dev libgstreamer1.0-dev
    libgstreamer-plugins-base1.0-dev libjson-glib-dev libpango1.0-dev libsoup-3.0-dev libqrencode-dev'
# On x86-64 the NEON kernels are built through SIMDe.
if [ "$(uname -m)" = x86_64 ]; then
    setup_build_packages="$setup_build_packages libsimde-dev"
fi
# From Debian 13 on results also go out as GstAnalytics metadata. (A release to come has no number.)
setup_number=$(sed -n 's/^VERSION_ID="*\([0-9]*\).*/\1/p' /etc/os-release)
if [ "${setup_number:-99}" -ge 13 ]; then
    setup_build_packages="$setup_build_packages libgstreamer-plugins-bad1.0-dev"
fi

# shellcheck disable=SC2034 # for the scripts that source this one
setup_view_packages='gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good
    gstreamer1.0-plugins-bad gstreamer1.0-x fonts-dejavu-core glib-networking ca-certificates'
# A camera on the ribbon cable of a Raspberry Pi speaks libcamera.
if grep -qs 'Raspberry Pi' /proc/device-tree/model; then
    setup_view_packages="$setup_view_packages gstreamer1.0-libcamera"
fi

setup_say() {
    printf '%s: %s\n' "$0" "$*" >&2
}

setup_die() {
    setup_say "$*"
    exit 1
}

# Prints those of the named packages that are not installed for this machine's own architecture.
setup_missing() {
    here=$(dpkg --print-architecture)
    # dpkg-query fails when it does not know one of the names; what it prints is still right.
    have=$(dpkg-query -W -f '${db:Status-Status} ${Architecture} ${Package}\n' "$@" 2>/dev/null |
        awk -v here="$here" '$1 == "installed" && ($2 == here || $2 == "all") { print $3 }')
    for package in "$@"; do
        printf '%s\n' "$have" | grep -qxF "$package" || printf '%s ' "$package"
    done
}

# Runs a command as root.
setup_as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

setup_apt_install() {
    setup_as_root apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

setup_apt_update() {
    setup_as_root apt-get update -o DPkg::Lock::Timeout=300
}

# Installs those of the named packages that are missing.
setup_packages() {
    if ! command -v dpkg-query >/dev/null; then
        setup_say 'this is no Debian; going on with what is here. What Debian calls' "$@" \
            'must be installed.'
        return 0
    fi
    missing=$(setup_missing "$@")
    if [ -z "$missing" ]; then
        return 0
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        setup_die "these Debian packages are missing: $missing
As root, run:  apt-get install --no-install-recommends $missing
and then call $0 again."
    fi
    setup_say "installing Debian packages: $missing"
    # Package lists are fetched only if those at hand do not know a package, or are out of date.
    # shellcheck disable=SC2086 # $missing is a list of words
    {
        if ! apt-get install --simulate --no-install-recommends $missing >/dev/null 2>&1; then
            setup_apt_update || setup_die 'cannot fetch the package lists; is the network up?'
        fi
        setup_apt_install $missing || { setup_apt_update && setup_apt_install $missing; }
    } || setup_die "cannot install: $missing- see the lines above; then call $0 again."
}

# The code name of this machine's Debian release.
setup_release() {
    sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# The archive that this machine's own packages come from.
setup_mirror() {
    {
        sed -n 's/^deb \(\[[^]]*\] \)\{0,1\}\([^ ]*\).*/\2/p' /etc/apt/sources.list
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/*.sources
    } 2>/dev/null | head -n 1
}

# How many compilers may run side by side: one a core, but each wants some 400 MB of memory.
setup_jobs() {
    awk -v cores="$(nproc)" '/^MemTotal/ { fit = int($2 / 400000) }
        END { print fit < 1 ? 1 : fit < cores ? fit : cores }' /proc/meminfo
}

# Configures (once, and again for options not given before) and builds in $setup_dir.
setup_build() {
    done_with=$setup_dir/setup-options
    again=
    if [ -f "$setup_dir/build.ninja" ]; then
        again=--reconfigure
    fi
    news=
    for option in "$@"; do
        grep -qsxF -e "$option" "$done_with" || news="$news $option"
    done
    if [ -z "$again" ] || [ -n "$news" ]; then
        setup_say "configuring $setup_dir"
        meson setup $again "$@" "$setup_dir" "$root" >&2 ||
            setup_die "configuring failed, see above; 'rm -r $setup_dir' starts afresh."
        for option in $news; do
            printf '%s\n' "$option" >>"$done_with"
        done
    fi
    setup_say "building in $setup_dir"
    ninja -C "$setup_dir" -j "$(setup_jobs)" >&2 ||
        setup_die "the build failed, see above; 'rm -r $setup_dir' starts afresh."
}
