#!/bin/bash
# SPDX-License-Identifier: MIT
# test_scenarios.sh MODEL - GStreamer's own judge: gst-validate-1.0 watches each pad of mobilenet while
# tests/element/scenarios seek, flush, pause, change caps and end, in each mode. Nothing it
# objects to may begin at mobilenet.
set -u
model=$1 here=$(cd "$(dirname "$0")" && pwd) failed=0 tmp=
if ! command -v gst-validate-1.0 >/dev/null; then
    echo 'skipped: no gst-validate-1.0 (it is part of gst-devtools, of which Debian has no package)'
    exit 77
fi
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
caps=video/x-raw,format=I420,width=320,height=240,framerate=30/1

# exits with 0 in spite of warnings, which name the pads they went along
for scenario in "$here"/scenarios/*.scenario; do
    for mode in every-frame newest matched; do
        name=$(basename "$scenario" .scenario)
        if timeout 120 gst-validate-1.0 --set-scenario="$scenario" \
            videotestsrc num-buffers=300 ! capsfilter name=caps caps=$caps ! mobilenet name=m mode=$mode \
            model-file="$model" ! fakesink sync=true >"$tmp" 2>&1 && ! grep -q 'Detected on <m:' "$tmp"; then
            echo "ok: $name, mode=$mode"
        else
            echo "FAILED: $name, mode=$mode"
            tr '\r' '\n' <"$tmp" | grep -v '^<position' | tail -n 60
            failed=1
        fi
    done
done
exit $failed
