# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# check.sh - sourced by the tests of the programs: runs commands, looks at exit status and output.

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failures=0

fail() {
    printf 'FAILED: %s\n' "$*"
    sed 's/^/  stdout: /' "$tmp/out" | head -20
    sed 's/^/  stderr: /' "$tmp/err" | head -20
    failures=$((failures + 1))
}

# expect STATUS COMMAND...: runs it with its output in $tmp/out and $tmp/err.
expect() {
    wanted=$1
    shift
    status=0
    "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
    if [ "$status" -ne "$wanted" ]; then
        fail "exit status $status, not $wanted: $*"
    fi
}

# has out|err PATTERN: the last command printed it.
has() {
    grep -q -- "$2" "$tmp/$1" || fail "no '$2' on std$1"
}

# json EXPRESSION: of the last command's standard output every line is JSON; the Python expression
# over the list `lines` is true.
json() {
    python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
sys.exit(not eval("(" + sys.argv[2] + ")"))' "$tmp/out" "$1" 2>"$tmp/err" || fail "not so: $1"
}

# To be called last.
finish() {
    if [ "$failures" -gt 0 ]; then
        printf '%d failed\n' "$failures"
        exit 1
    fi
    exit 0
}
