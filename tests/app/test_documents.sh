#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages explain exactly the verbs and options that --help lists.
# usage: test_documents.sh TOOL VIEWER FOLDER-OF-MANUAL-PAGES
set -eu
tool=$1 viewer=$2 folder=$3
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"

verbs() {
    "$tool" --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

# options COMMAND...: the long ones of its --help.
options() {
    "$@" --help | sed -n 's/^  \(-[a-zA-Z], \)\{0,1\}\(--[a-z-]*\).*/\2/p' | grep -v '^--help-'
}

# same PAGE LIST: it explains what the file lists.
same() {
    sort -u "$2" >"$tmp/out"
    sed 's/\\//g' "$folder/$1" |
        sed -n '/^\.SH VERBS/,/^\.SH OPTIONS/s/^\.B \([a-z]*\)$/\1/p
            /^\.SH OPTIONS/,/^\.SH EXIT/s/^\.BR* .*\(--[a-z-]*\)\( [="].*\|$\)/\1/p' |
        sort -u >"$tmp/err"
    cmp -s "$tmp/out" "$tmp/err" || fail "$1 (stderr) is not what --help lists (stdout)"
}

{
    verbs
    for verb in $(verbs); do
        options "$tool" "$verb"
    done
} >"$tmp/tool"
options "$viewer" >"$tmp/viewer"
same mobilenet.1 "$tmp/tool"
same mobilenet-viewer.1 "$tmp/viewer"
finish
