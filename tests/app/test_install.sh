#!/bin/sh
# SPDX-License-Identifier: MIT
# meson install puts a plugin and programs that work wherever they are put; uninstall leaves nothing.
# usage: test_install.sh BUILD-FOLDER
set -eu
build=$1
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"
scene=$(dirname "$0")/../../app/demo/scene-01.png
command -v meson >/dev/null || { echo 'skipped: no meson here'; exit 77; }
unset DISPLAY WAYLAND_DISPLAY GST_PLUGIN_PATH

expect 0 env DESTDIR="$tmp/dest" meson install -C "$build" --no-rebuild
# file NAME: where it was put.
file() {
    find "$tmp/dest" -name "$1" -not -type d | grep . || fail "$1 is not installed"
}
plugin=$(file libgstmobilenet.so)
viewer=$(find "$tmp/dest" -path '*/bin/mobilenet-viewer' -type f)
GST_PLUGIN_PATH=$(dirname "$plugin")
MOBILENET_MODELS=$(dirname "$(file everyday.tflite)")
GST_REGISTRY=$tmp/registry
export GST_PLUGIN_PATH MOBILENET_MODELS GST_REGISTRY
for name in mobilenet.1 mobilenet-viewer.1 mobilenet-viewer.desktop mobilenet-viewer.svg \
    mobilenet-viewer.service catalogue.ini; do
    file "$name" >/dev/null
done
if command -v gst-inspect-1.0 >/dev/null; then
    expect 0 gst-inspect-1.0 mobilenet
    has out "$tmp/dest"
fi
expect 0 "$viewer" --headless --frames 3 --uri "$scene"
json 'lines[-1]["label"] == "school bus"'
expect 0 "$(dirname "$viewer")/mobilenet" classify "$scene"
has out 'school bus'

expect 0 env DESTDIR="$tmp/dest" ninja -C "$build" uninstall
left=$(find "$tmp" -path '*/dest/*' -not -type d)
[ -z "$left" ] || fail "after uninstall there is still: $left"
finish
