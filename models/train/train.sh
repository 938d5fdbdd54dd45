#!/bin/sh
# SPDX-License-Identifier: MIT
# train.sh - trains the bundled model, or goes on where the last call stopped; then exports and judges it.
set -eu

usage() {
    cat <<END
Usage: models/train/train.sh DATA WORK [OPTION...]

DATA is the folder tiny-imagenet-200; WORK takes decoded pictures (1.3 GB), the
Python environment, the checkpoint and the result, WORK/everyday.tflite. Options
go to train.py, above all --epochs N or --minutes N.
END
}

[ $# -ge 2 ] || { usage; exit 2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
data=$1
work=$2
shift 2

if [ ! -x "$work/venv/bin/python" ]; then
    mkdir -p "$work"
    python3.11 -m venv "$work/venv"
    "$work/venv/bin/pip" install -r "$here/requirements.txt"
fi
python=$work/venv/bin/python

OMP_NUM_THREADS=1 "$python" "$here/train.py" --data "$data" --work "$work" "$@"
"$python" "$here/export.py" --data "$data" --work "$work" "$work/everyday.tflite"
"$python" "$here/check.py" --data "$data" --work "$work" "$work/everyday.tflite"
