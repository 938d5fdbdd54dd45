#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every gst-launch-1.0 line of the README, with stand-ins for its camera, screen and files.
# usage: test_readme.sh README MODEL
set -eu
readme=$(realpath "$1") model=$(realpath "$2")
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"

frames='num-buffers=4'

# The launch lines, each on one line.
lines() {
    sed -e ':join' -e '/\\$/{N;s/\\\n *//;bjoin' -e '}' "$readme" | grep '^gst-launch-1.0'
}

# A camera is a test picture (of a JPEG camera: a JPEG), a screen takes anything.
stand_in() {
    sed -e "s/v4l2src[^!]*! image\/jpeg/videotestsrc $frames ! jpegenc ! image\/jpeg/" \
        -e "s/v4l2src\( device=[^ ]*\)\{0,1\}/videotestsrc $frames/" \
        -e "s/libcamerasrc/videotestsrc $frames/" \
        -e "s/videotestsrc is-live=true/& $frames/" \
        -e 's/\(autovideo\|glimage\|kms\|wayland\)sink/fakesink/g'
}

cd "$tmp"
expect 0 gst-launch-1.0 videotestsrc $frames ! jpegenc ! filesink location=photo.jpg
expect 0 gst-launch-1.0 videotestsrc $frames ! jpegenc ! matroskamux ! filesink location=video.mp4
cp "$model" mine.tflite
seq 100 >mine.txt

lines >"$tmp/lines"
[ "$(wc -l <"$tmp/lines")" -ge 16 ] || fail 'not sixteen launch lines in the README, six of them for a Pi'
while read -r line; do
    encoder=$(printf '%s\n' "$line" | sed -n 's/.*! \([a-z0-9]*264enc\).*/\1/p')
    if [ -n "$encoder" ] && ! gst-inspect-1.0 --exists "$encoder"; then
        printf 'not run, there is no %s here: %s\n' "$encoder" "$line"
        continue
    fi
    printf '%s\n' "$line"
    expect 0 timeout 300 sh -c "$(printf '%s\n' "$line" | stand_in)"
    ! grep -q '^WARNING' "$tmp/err" || fail "warns: $line"
    file=$(printf '%s\n' "$line" | sed -n 's/.*filesink location=\([^ ]*\).*/\1/p')
    if [ -n "$file" ]; then
        [ -s "$file" ] || fail "wrote no $file: $line"
        expect 0 timeout 60 gst-launch-1.0 filesrc location="$file" ! decodebin ! fakesink
    fi
done <"$tmp/lines"
finish
