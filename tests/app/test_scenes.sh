#!/bin/sh
# SPDX-License-Identifier: MIT
# The bundled model knows what the demo shows.
# usage: test_scenes.sh PROGRAM FOLDER
set -eu
tool=$1 scenes=$2
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"

expect 0 "$tool" classify --json "$scenes"/scene-*.png
json 'len(lines) == 12'
# Named at once, with a confidence over a half, as the demo promises for six objects at least.
json '6 <= sum(l["results"][0]["label"] == name and l["results"][0]["confidence"] > 0.5
               for l, name in zip(lines, [
    "school bus", "orange", "goldfish", "lighthouse", "abacus", "jellyfish", "pizza",
    "picket fence", "water tower", "seashore", "spider web", "banana"]))'
finish
