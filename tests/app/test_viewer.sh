#!/bin/sh
# SPDX-License-Identifier: MIT
# The viewer: help, usage errors, JSON lines without a screen, and a window under Xvfb.
# usage: test_viewer.sh PROGRAM
set -eu
viewer=$1
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"
scenes=$(dirname "$0")/../../app/demo
unset DISPLAY WAYLAND_DISPLAY

expect 0 "$viewer" --help
has out 'Exit status:'
expect 0 "$viewer" --version
has out '^mobilenet-viewer [0-9]'

usage() {
    pattern=$1
    shift
    expect 2 "$viewer" "$@"
    has err "$pattern"
    has err "Try '.*--help'"
}
usage 'Unknown option' --bogus
usage 'no arguments but options' video.mp4
usage 'exclude each other' --uri x --source y
usage '1 or more' --frames -1
usage '0 to 1' --threshold 2
usage '8 characters' --web-token short

expect 1 "$viewer" --uri "$tmp/none.mp4"
has err 'none.mp4: no such file'
expect 1 "$viewer" --device 'no such camera'
has err "no camera 'no such camera'"
expect 1 "$viewer" --model no-such-name
has err 'no-such-name'
expect 1 "$viewer" --headless --source 'nosuchelement'
has err 'nosuchelement'
echo 'just text' >"$tmp/text.tflite"
expect 1 "$viewer" --headless --source 'videotestsrc' --model "$tmp/text.tflite"
has err 'text.tflite'
expect 1 env GST_PLUGIN_PATH="$tmp" GST_REGISTRY="$tmp/registry" "$viewer" --source videotestsrc
has err "does not find the element 'mobilenet'"

# JSON lines: one for each result, as many as asked for; without a display also unasked.
expect 0 "$viewer" --headless --json --frames 10 --source 'videotestsrc'
json 'len(lines) == 10 and [l["frame"] for l in lines] == sorted(l["frame"] for l in lines)'
json 'all({"time", "frame", "label", "confidence", "results", "age", "inference_time"} <= set(l)
          and len(l["results"]) >= 1 for l in lines)'
expect 0 "$viewer" --frames 2 --source 'videotestsrc num-buffers=30'
has err 'no display'
has err 'gst-launch-1.0 -m videotestsrc num-buffers=30 ! mobilenet'
json 'len(lines) == 2'
expect 0 "$viewer" --frames 3 --uri "$scenes/scene-01.png"
json 'lines[-1]["label"] == "school bus"'
"$viewer" --list >"$tmp/out" 2>"$tmp/err" || {
    expect 0 "$viewer" --frames 2
    has err 'this is a demo'
    json 'lines[-1]["label"] == "school bus"'
}

# The printed line is the pipeline: it runs.
if command -v gst-launch-1.0 >/dev/null; then
    expect 0 "$viewer" --frames 1 --source 'videotestsrc num-buffers=3 ! video/x-raw,width=64'
    line=$(sed -n 's/^  gst-launch/gst-launch/p' "$tmp/err")
    expect 0 sh -c "$line"
    has out 'mobilenet, timestamp='
fi

# SIGINT ends it well. (What the last command printed must not pass for its output.)
: >"$tmp/out"
"$viewer" --source 'videotestsrc is-live=true' >"$tmp/out" 2>"$tmp/err" &
pid=$!
for _ in $(seq 300); do
    [ -s "$tmp/out" ] && break
    sleep 0.1
done
kill -INT $pid
status=0
wait $pid || status=$?
[ "$status" -eq 0 ] || fail "exit status $status after SIGINT"

finish
