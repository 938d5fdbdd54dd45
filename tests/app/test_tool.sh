#!/bin/sh
# SPDX-License-Identifier: MIT
# The command-line tool: help, usage errors, and its verbs on published models (../shared).
# usage: test_tool.sh PROGRAM
set -eu
mobilenet=$1
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"

# Help and version.
expect 0 "$mobilenet" --help
has out '^Usage: mobilenet VERB'
expect 0 "$mobilenet" --version
has out '^mobilenet [0-9]'
for verb in classify info bench run eval teach fetch; do
    expect 0 "$mobilenet" $verb --help
    has out 'Exit status:'
    expect 0 "$mobilenet" $verb --version
    has out '^mobilenet [0-9]'
done

# Wrong command lines: 2, and a word on what is wrong.
usage() {
    pattern=$1
    shift
    expect 2 "$mobilenet" "$@"
    has err "$pattern"
    has err "Try '.*--help'"
}
usage "no verb 'clasify'" clasify
usage 'no picture' classify
usage 'is a model, not a picture' classify m.tflite x.jpg
usage 'Unknown option' classify --bogus x.jpg
usage 'crop, stretch or letterbox' classify --fit sideways x.jpg
usage '1 or more' classify --top 0 x.jpg
usage 'go together' classify --mean 127.5 x.jpg
usage 'no model' run
usage 'no --input' run m.tflite
usage 'go in pairs' run m.tflite --input a --output b --input c
usage 'more than one' info a b
usage '1 to 1000000' bench --runs 0 m.tflite
usage 'Cannot parse' bench --threads many m.tflite
usage '0 to 1000000' bench --warm-up -1
usage 'width, height and a format' bench --pipeline 320x240
usage 'width, height and a format' bench --pipeline 320x240@NOTHING
usage 'no --list' eval m.tflite
expect 2 "$mobilenet"
has err '^Usage:'

# Models that are not there.
expect 1 "$mobilenet" info "$tmp/none.tflite"
has err 'none.tflite'
expect 1 "$mobilenet" info no-such-name
has err 'no-such-name'
echo 'just text' >"$tmp/text.tflite"
expect 1 "$mobilenet" bench "$tmp/text.tflite"
has err 'text.tflite'

# The bundled model on the scenes of the demo.
scenes=$(dirname "$0")/../../app/demo
expect 0 "$mobilenet" classify --top 1 "$scenes/scene-01.png"
has out '%  school bus'
expect 0 "$mobilenet" classify --json "$scenes/scene-02.png" "$scenes/scene-03.png"
json '[l["results"][0]["label"] for l in lines] == ["orange", "goldfish"]'
expect 0 "$mobilenet" info
has out '200, labels: inside the model'
expect 0 "$mobilenet" bench --runs 2 --json
json 'lines[0]["runs"] == 2'

if [ ! -d "$MOBILENET_SHARED/models" ]; then
    echo "no $MOBILENET_SHARED/models: verbs not tried on published models"
    finish
fi
models=$MOBILENET_SHARED/models
images=$MOBILENET_SHARED/images
golden=$MOBILENET_SHARED/golden
v2=$models/mobilenet_v2_1.0_224_quant.tflite
small=$models/mobilenet_v1_0.25_128_quant.tflite

# classify: labels, formats of files, --json, --top, and a bad picture that stops nothing.
expect 0 "$mobilenet" classify --model "$v2" "$images/cat_720p.jpg"
has out 'Egyptian cat'
expect 1 "$mobilenet" classify --json --top 5 --model "$v2" "$images/cat.bmp" "$tmp/none.jpg" \
    "$tmp/text.tflite" "$images/sunflower.bmp"
has err 'none.jpg: no such file'
has err 'text.tflite: cannot be decoded'
json 'len(lines) == 2 and [len(l["results"]) for l in lines] == [5, 5]'
json 'lines[0]["results"][0]["label"] == "Egyptian cat" and lines[0]["image"].endswith("cat.bmp")'
json 'all(0 <= r["confidence"] <= 1 and r["index"] >= 0 for l in lines for r in l["results"])'
json 'lines[1]["results"][0]["label"] == "daisy" or lines[1]["results"][0]["confidence"] > 0'
expect 1 "$mobilenet" classify --model "$v2" "$images"
has err 'is a directory'
status=0
"$mobilenet" classify --model "$v2" - <"$images/cat_720p.jpg" >"$tmp/out" 2>"$tmp/err" || status=$?
[ "$status" -eq 0 ] || fail "exit status $status from standard input"
has out 'Egyptian cat'
expect 1 "$mobilenet" classify --model "$v2" --labels "$tmp/none.txt" "$images/cat.bmp"
has err 'none.txt'

# run: the bytes that the reference gives, pair after pair; sizes are checked.
case_dir=$golden/mobilenet_v1_0.25_128_quant
expect 0 "$mobilenet" run "$small" --threads 2 \
    --input "$golden/inputs/cat.128x128x3.u8.bin" --output "$tmp/cat" \
    --input "$golden/inputs/parrot.128x128x3.u8.bin" --output "$tmp/parrot"
cmp "$tmp/cat" "$case_dir/cat.out.bin" || fail 'run: cat differs'
cmp "$tmp/parrot" "$case_dir/parrot.out.bin" || fail 'run: parrot differs'
expect 1 "$mobilenet" run "$v2" --input "$golden/inputs/cat.128x128x3.u8.bin" --output "$tmp/x"
has err '49152 bytes, but the input .* takes 150528'
expect 1 "$mobilenet" run "$small" --input "$golden/inputs/cat.128x128x3.u8.bin" \
    --output "$tmp/no/such/folder"
has err 'cannot write'

# info: the cost of separable against plain convolution.
expect 0 "$mobilenet" info "$small"
has out 'uint8 128x128x3'
has out 'Plain convolutions would cost'
expect 0 "$mobilenet" info --json "$small"
json 'lines[0]["classes"] == 1001 and lines[0]["input"]["shape"] == [1, 128, 128, 3]'
json 'len(lines[0]["separable"]["pairs"]) == 13'
# 3x3, 8 channels to 16, on 64x64: 9*8*64*64 + 8*64*64*16 against 9*8*64*64*16.
json '[lines[0]["separable"]["pairs"][0][k] for k in ("separable_macs", "plain_macs")]
      == [9*8*64*64 + 8*64*64*16, 9*8*64*64*16]'
json 'all(abs(p["ratio"] - (1 / p["n_c_out"] + 1 / p["f"]**2)) < 1e-9
          for p in lines[0]["separable"]["pairs"])'
json 'lines[0]["macs"] == sum(l["macs"] for l in lines[0]["layers"])'

# bench.
expect 0 "$mobilenet" bench "$small" --runs 3 --threads 2 --json
json 'lines[0]["runs"] == 3 and lines[0]["threads"] == 2'
json '0 < lines[0]["min_ms"] <= lines[0]["median_ms"] <= lines[0]["p95_ms"]'
json '0 < lines[0]["first_ms"]'
# What stays in memory: packed weights, activations, and a little more than 8 MB of the libraries.
json 'lines[0]["resident_bytes"] <= 1.3 * lines[0]["weight_bytes"] + lines[0]["arena_bytes"]
      + lines[0]["scratch_bytes"] + 24e6'
expect 0 "$mobilenet" bench "$small" --runs 1 --warm-up 0
has out 'median .* ms'
has out 'load to first result .* ms; resident'
expect 0 "$mobilenet" bench "$small" --pipeline 320x240@NV12 --runs 3 --json
json 'lines[0]["frames"] == 3 and lines[0]["inference"]["p50_ms"] > 0'
expect 0 "$mobilenet" bench "$small" --pipeline 64x48@YUY2 --runs 1
has out 'inference'

# eval: labels and indices, paths relative to the list, the last object sums up.
cp "$images/cat.bmp" "$tmp/my cat.bmp"
printf 'my cat.bmp\tEgyptian cat\n%s\t286\n\n%s\ttench, Tinca tinca\n' "$images/cat.bmp" "$images/cat.bmp" \
    >"$tmp/list"
expect 0 "$mobilenet" eval "$small" --list "$tmp/list" --json
json 'lines[-1]["images"] == 3 and abs(lines[-1]["top1"] - 2 / 3) < 1e-6'
expect 0 "$mobilenet" eval "$small" --list "$tmp/list"
has out '3 images: top 1 66.67 %'
echo 'no tab here' >"$tmp/list"
expect 1 "$mobilenet" eval "$small" --list "$tmp/list"
has err 'list:1: no tab'
printf 'x.jpg\tno such class\n' >"$tmp/list"
expect 1 "$mobilenet" eval "$small" --list "$tmp/list"
has err "list:1: 'no such class' is neither"

finish
