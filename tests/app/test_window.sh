#!/bin/sh
# SPDX-License-Identifier: MIT
# The viewer's window: it opens on a display (Xvfb), pauses, and goes on q.
# usage: test_window.sh PROGRAM
set -eu
if [ -z "${IN_XVFB-}" ]; then
    for tool in xvfb-run xdotool; do
        if ! command -v $tool >/dev/null; then
            echo "no $tool: window not tried"
            exit 77
        fi
    done
    IN_XVFB=1 exec xvfb-run -a "$0" "$@"
fi
viewer=$1
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"
unset WAYLAND_DISPLAY

mkdir "$tmp/models" "$tmp/kept"
cp "$(dirname "$0")/../../models/tiny/mobilenet_v2_u8.tflite" "$tmp/models/tiny.tflite"
XDG_CACHE_HOME=$tmp/cache MOBILENET_MODELS=$tmp/models "$viewer" --json --threshold 0 --folder "$tmp/kept" --teach "$tmp/taught" \
    --source 'videotestsrc is-live=true pattern=ball foreground-color=0xff505050 ! video/x-raw,width=320,height=240' \
    >"$tmp/out" 2>"$tmp/err" &
pid=$!
timeout 60 xdotool search --sync --onlyvisible --name '^mobilenet-viewer$' >"$tmp/window" ||
    fail 'no window'

# Without a window manager keys go to the window under the pointer.
press() {
    xdotool mousemove 160 120 key "$1"
}

# wait_for COMMAND...: until it succeeds, 30 s at most.
wait_for() {
    for _ in $(seq 300); do
        "$@" && return
        sleep 0.1
    done
}

results() {
    wc -l <"$tmp/out"
}
more_than() {
    [ "$(results)" -gt "$1" ]
}
gone() {
    ! kill -0 $pid 2>/dev/null
}

wait_for more_than 0
more_than 0 || fail 'no results'

# A paused viewer says nothing more, once what was under way is out.
press space
for _ in $(seq 30); do
    before=$(results)
    sleep 1
    more_than "$before" || break
done
more_than "$before" && fail 'results while paused'
press space
wait_for more_than "$before"
more_than "$before" || fail 'no results after the pause'

# What is on the screen: how many pixels are bright.
bright() {
    gst-launch-1.0 -q ximagesrc num-buffers=1 use-damage=false ! videocrop right=320 bottom=240 ! \
        videoconvert ! video/x-raw,format=GRAY8 ! filesink location="$tmp/screen" >/dev/null 2>&1 || return 1
    [ "$(LC_ALL=C tr -d '\000-\277' <"$tmp/screen" | wc -c)" -gt 300 ]
}
dark() {
    ! bright
}
if gst-inspect-1.0 --exists ximagesrc; then
    press l
    wait_for dark
    press question
    wait_for bright
    bright || fail 'no help after ?'
    press question
    wait_for dark
    dark || fail 'the help stays after ?'
    press l
    wait_for bright
    bright || fail 'no label after l'
fi

# says PATTERN: the viewer, sooner or later, on standard error.
says() {
    wait_for grep -q -- "$1" "$tmp/err"
    grep -q -- "$1" "$tmp/err" || fail "never said '$1'"
}

press s
says 'snapshot: .*/snapshot-.*\.png'
[ "$(find "$tmp/kept" -name 'snapshot-*.png' | wc -l)" -eq 2 ] || fail 'not two pictures'
python3 -c 'import json, sys; json.load(open(sys.argv[1]))["results"]' "$tmp"/kept/snapshot-*.json ||
    fail 'no results beside the pictures'

press r
says "recording into $tmp/kept"
recorded() {
    [ -n "$(find "$tmp/kept" -name '*.mkv' -size +1k)" ]
}
wait_for recorded
recorded || fail 'nothing recorded after r'
press r
says 'recording ended'

# The model of the next results.
classes() {
    tail -n 1 "$tmp/out" | python3 -c '
import json, sys
print(max(one["index"] for one in json.loads(sys.stdin.read())["results"]))' 2>/dev/null || echo 999
}
few_classes() {
    [ "$(classes)" -lt 20 ]
}
press m
wait_for few_classes
few_classes || fail 'not the tiny model after m'

for key in plus minus minus l l f; do
    press $key
done
before=$(results)
wait_for more_than "$before"
more_than "$before" || fail 'no results after the other keys'

# Teaching: two names, two things (a ball that moves, dark enough not to count as bright).
pictures() {
    find "$tmp/taught/$1" -name '*.png' 2>/dev/null | wc -l
}
one_picture() {
    [ "$(pictures "$1")" -ge 1 ]
}
press t
for letter in a p e; do
    press $letter
done
press Return
xdotool mousemove 160 120 keydown space
wait_for one_picture ape
xdotool keyup space
one_picture ape || fail 'no picture of the class after t, its name and space'
press Return
press b
press BackSpace
press Return # takes the name that is proposed
press space
wait_for one_picture 'class 1'
one_picture 'class 1' || fail 'no picture of the second class'
says "taught: $tmp/taught/taught.tflite"
taught() {
    tail -n 1 "$tmp/out" | grep -q '"class 1"'
}
wait_for taught
taught || fail 'no result of the taught model'
press Delete
wait_for one_picture '.forgotten/class 1'
one_picture '.forgotten/class 1' || fail 'not forgotten after Delete'
press Escape

# The next camera; last, for a scene stands still, and the same picture is not learnt as two things.
press c
says 'showing demo scenes'

press q
wait_for gone
gone || {
    fail 'still there after q'
    kill $pid
}
status=0
wait $pid || status=$?
[ "$status" -eq 0 ] || fail "exit status $status after q"
finish
