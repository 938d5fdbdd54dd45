#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs every recipe of the page about the elements, with stand-ins for camera and screen, and looks
# whether the page names every property.
# usage: test_recipes.sh PAGE MODEL
set -eu
page=$(realpath "$1") model=$(realpath "$2")
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/../app/check.sh"

cd "$tmp"
cp "$model" everyday.tflite
export MOBILENET_MODELS="$tmp" # stands in for the bundled model, which a sanitizer finds slow

sed -e ':join' -e '/\\$/{N;s/\\\n *//;bjoin' -e '}' "$page" | grep '^gst-launch-1.0' >lines
[ "$(wc -l <lines)" -ge 10 ] || fail 'not ten recipes'
while read -r line; do
    printf '%s\n' "$line"
    expect 0 timeout 120 sh -c "$(printf '%s\n' "$line" |
        sed -e 's/v4l2src/videotestsrc num-buffers=10/' -e 's/autovideosink/fakesink async=false/g')"
    ! grep -q '^WARNING' out || fail "warns: $line"
done <lines
[ -s seen.png ] || fail 'recipe 9 wrote no file'

for element in mobilenet mobilenetoverlay; do
    gst-inspect-1.0 "$element" |
        sed -n '/^Element Properties/,$s/^  \([a-z][a-z0-9-]*\) *: .*/\1/p' >properties
    [ -s properties ] || fail "no properties of $element"
    while read -r property; do
        case $property in name | parent) continue ;; esac
        grep -q "\`$property\`" "$page" || {
            [ "$element" = mobilenetoverlay ] && [ "$property" = qos ] && continue
            fail "$element: the page does not name $property"
        }
    done <properties
done

# and whether what it names is there
gst-inspect-1.0 mobilenet >all
gst-inspect-1.0 mobilenetoverlay >>all
tr '\140' '~' <"$page" | sed -n '/^## Properties/,/^## Ten/s/^| ~\([^|]*\)~ |.*/\1/p' | tr -d '~ ' | tr , '\n' >named
[ "$(wc -l <named)" -ge 35 ] || fail 'the page names too few properties'
while read -r property; do
    grep -q "^  $property *:" all || fail "the page names a property that is not there: $property"
done <named
finish
