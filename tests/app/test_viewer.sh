#!/bin/sh
# SPDX-License-Identifier: MIT
# The viewer: help, usage errors, JSON lines without a screen, and a window under Xvfb.
# usage: test_viewer.sh PROGRAM
set -eu
viewer=$1
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"
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

if [ ! -d "$MOBILENET_SHARED/models" ]; then
    echo "no $MOBILENET_SHARED/models: viewer not tried on models"
    finish
fi
model=$MOBILENET_SHARED/models/mobilenet_v1_0.25_128_quant.tflite
cat=$MOBILENET_SHARED/images/cat_720p.jpg

# JSON lines: one for each result, as many as asked for; without a display also unasked.
expect 0 "$viewer" --headless --json --frames 10 --model "$model" --source 'videotestsrc'
json 'len(lines) == 10 and [l["frame"] for l in lines] == sorted(l["frame"] for l in lines)'
json 'all({"time", "frame", "label", "confidence", "results", "age", "inference_time"} <= set(l)
          and len(l["results"]) >= 1 for l in lines)'
expect 0 "$viewer" --frames 2 --model "$model" --source 'videotestsrc num-buffers=30'
has err 'no display'
has err 'gst-launch-1.0 -m videotestsrc num-buffers=30 ! mobilenet'
json 'len(lines) == 2'
expect 0 "$viewer" --frames 3 --model "$model" --uri "$cat"
json 'lines[-1]["results"][0]["label"] == "Egyptian cat"'
expect 0 "$viewer" --frames 2 --model "$model"
has err 'this is a demo'

# SIGINT ends it well.
"$viewer" --model "$model" --source 'videotestsrc is-live=true' >"$tmp/out" 2>"$tmp/err" &
pid=$!
for _ in $(seq 100); do
    [ -s "$tmp/out" ] && break
    sleep 0.1
done
kill -INT $pid
status=0
wait $pid || status=$?
[ "$status" -eq 0 ] || fail "exit status $status after SIGINT"

finish
