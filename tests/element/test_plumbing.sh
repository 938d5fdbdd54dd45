#!/bin/sh
# SPDX-License-Identifier: MIT
# The element between others: whole pipelines that must end well, without a warning, and without a
# leak that GStreamer's own tracer finds.
# usage: test_plumbing.sh MODEL
set -eu
model=$(realpath "$1")
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/../app/check.sh"

cd "$tmp"
net="mobilenet model-file=$model"
raw='video/x-raw,width=160,height=120,framerate=30/1'

# Skips a line whose elements are not all there.
pipeline() {
    for element in $1; do
        gst-inspect-1.0 --exists "$element" || {
            echo "not run, there is no $element here: $2"
            return 0
        }
    done
    echo "$2"
    # shellcheck disable=SC2086 # the launch line is a list of words
    GST_TRACERS=leaks GST_DEBUG=GST_TRACER:7 GST_DEBUG_NO_COLOR=1 GST_LEAKS_TRACER_STACK_TRACE=0 \
        timeout 60 gst-launch-1.0 -e $2 >"$tmp/out" 2>"$tmp/err" || {
        tail -n 5 "$tmp/err"
        fail "exit status: $2"
    }
    ! grep -q '^WARNING\|CRITICAL' "$tmp/out" "$tmp/err" || {
        grep '^WARNING\|CRITICAL' "$tmp/out" "$tmp/err" | head -n 5
        fail "warns: $2"
    }
    ! grep -q 'object-alive, type-name=(string)[A-Z]' "$tmp/err" || {
        grep 'object-alive, type-name=(string)[A-Z]' "$tmp/err" | head -n 5
        fail "leaks: $2"
    }
}

src="videotestsrc num-buffers=40 ! $raw"
pipeline 'tee' "$src ! tee name=t t. ! queue ! $net ! videoconvert ! fakesink t. ! queue ! $net mode=newest overlay=false ! fakesink"
pipeline 'compositor' "compositor name=c ! videoconvert ! fakesink $src ! $net ! c. $src ! $net mode=matched ! c."
pipeline 'appsink' "$src ! $net ! appsink max-buffers=5 drop=true wait-on-eos=false"
pipeline 'splitmuxsink x264enc' "$src ! $net ! videoconvert ! x264enc tune=zerolatency ! h264parse ! splitmuxsink location=part%02d.mp4 max-size-time=500000000"
pipeline 'rtpjpegpay jpegenc' "$src ! $net ! videoconvert ! video/x-raw,format=I420 ! jpegenc ! rtpjpegpay ! fakesink"
pipeline 'interlace' "$src ! interlace ! $net ! videoconvert ! fakesink"
pipeline 'interlace deinterlace' "$src ! interlace ! $net ! deinterlace ! fakesink"
pipeline 'videorate' "$src ! videorate ! video/x-raw,framerate=0/1 ! $net mode=matched ! fakesink"
pipeline 'videorate' "$src ! videorate drop-only=true max-rate=7 ! $net max-rate=3 ! fakesink"
pipeline 'textoverlay' "$src ! $net name=m overlay=false m.src ! queue ! textoverlay name=o ! fakesink m.text ! queue ! o.text_sink"
pipeline 'multifilesink' "$src ! $net name=m threshold=0 text-cues=label overlay=false m.src ! queue ! fakesink m.text ! queue ! multifilesink async=false location=cue%d.txt"
for cues in frame label; do
    pipeline 'matroskamux jpegenc' "videotestsrc num-buffers=90 ! $raw ! $net name=m threshold=0 text-cues=$cues overlay=false m.src ! queue ! videoconvert ! jpegenc ! matroskamux name=x ! filesink location=$cues.mkv m.text ! queue ! x."
done
pipeline 'videoconvert' "$src ! $net name=m m.src ! queue ! fakesink m.preview ! queue ! videoconvert ! fakesink async=false"
pipeline 'videoflip' "$src ! $net ! videoflip video-direction=90r ! mobilenetoverlay ! fakesink"
pipeline 'queue' "videotestsrc is-live=true num-buffers=40 ! $raw ! $net mode=matched ! queue ! $net cpu-budget=50 ! fakesink sync=true"
grep -q 'class ' cue0.txt || fail 'no cue in the file'

# 200 times from NULL to PLAYING and back is in test_memory.c.
finish
