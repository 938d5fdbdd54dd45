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

"$viewer" --json --source 'videotestsrc is-live=true ! video/x-raw,width=320,height=240' \
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
