#!/bin/sh
# SPDX-License-Identifier: MIT
# mobilenet teach: a folder of pictures becomes a model that classify knows.
# usage: test_teach.sh PROGRAM SCENES
set -eu
mobilenet=$1
scenes=$2
# shellcheck source=tests/app/check.sh
. "$(dirname "$0")/check.sh"
export XDG_CACHE_HOME="$tmp/cache"

usage() {
    pattern=$1
    shift
    expect 2 "$mobilenet" teach "$@"
    has err "$pattern"
}
usage 'no --data' --out x.tflite
usage 'no --out' --data "$tmp"
usage 'auto, softmax or imprint' --data "$tmp" --out x --method magic
usage 'from 0 to 0.9' --data "$tmp" --out x --held-out 2
usage 'from 1 to 64' --data "$tmp" --out x --views 0
usage 'is no option' --data "$tmp" --out x things

# What cannot be taught, in words that help.
expect 1 "$mobilenet" teach --data "$tmp/none" --out "$tmp/x.tflite"
has err "$tmp/none: no such folder"
mkdir -p "$tmp/one/bus"
cp "$scenes/scene-01.png" "$tmp/one/bus"
expect 1 "$mobilenet" teach --data "$tmp/one" --out "$tmp/x.tflite"
has err 'two classes at least'
[ ! -e "$tmp/x.tflite" ] || fail 'a model of nothing was written'

# One picture a class answers, as the same bytes each time; what is twice or broken is named.
mkdir -p "$tmp/two/a bus" "$tmp/two/fish" "$tmp/two/.hidden"
cp "$scenes/scene-01.png" "$tmp/two/a bus"
cp "$scenes/scene-03.png" "$tmp/two/fish"
cp "$scenes/scene-01.png" "$tmp/two/fish/zcopy.png"
cp "$scenes/scene-01.png" "$tmp/two/a bus/twice.png"
echo 'no picture' >"$tmp/two/fish/broken.png"
expect 0 "$mobilenet" teach --data "$tmp/two" --out "$tmp/two.tflite"
has out 'by imprinting'
has err 'broken.png: left out'
has err 'zcopy.png: left out: the same as .*scene-01.png, which is of another class'
has err 'twice.png: left out: the same as .*scene-01.png$'
rm "$tmp/two/a bus/twice.png" "$tmp/two/fish/zcopy.png" "$tmp/two/fish/broken.png"
expect 0 "$mobilenet" teach --data "$tmp/two" --out "$tmp/two.tflite"
expect 0 "$mobilenet" teach --data "$tmp/two" --out "$tmp/again.tflite"
cmp "$tmp/two.tflite" "$tmp/again.tflite" || fail 'taught twice, the models differ'
expect 0 "$mobilenet" classify --top 1 --model "$tmp/two.tflite" "$scenes/scene-01.png"
has out '%  a bus'
expect 0 "$mobilenet" info "$tmp/two.tflite"
has out 'uint8 64x64x3'
has out 'labels: inside the model'

# Regression with "unknown", evaluated, with a report.
for i in 1 2 3; do
    cp "$scenes/scene-0$i.png" "$tmp/two/a bus/$i.png"
done
rm "$tmp/two/a bus/3.png"
expect 0 "$mobilenet" teach --data "$tmp/two" --out "$tmp/more.tflite" --report "$tmp/report.html"
has out 'and "unknown" by softmax regression'
[ -s "$tmp/report.html" ] || fail 'no report'
expect 0 "$mobilenet" teach --evaluate --model "$tmp/more.tflite" --data "$tmp/two" --json \
    --report "$tmp/report.html"
json 'lines[-1]["images"] == 4 and lines[-1]["accuracy"] == 1'
grep -q '<figure><a href="file://.*scene-01.png' "$tmp/report.html" || fail 'no thumbnails'
expect 1 "$mobilenet" teach --evaluate --model "$tmp/more.tflite" --data "$tmp/none"
has err 'no folder of pictures'

# Videos: each second's frame teaches. One that is none is named.
film() { # PATTERN FRAMES ENCODER-AND-MUXER FILE
    # shellcheck disable=SC2086 # elements
    gst-launch-1.0 -q videotestsrc "num-buffers=$2" "pattern=$1" \
        ! video/x-raw,format=I420,width=128,height=96,framerate=10/1 ! $3 ! filesink location="$4"
}
mkdir -p "$tmp/films/bars" "$tmp/films/balls" "$tmp/films/snow"
film smpte 41 'jpegenc ! matroskamux' "$tmp/films/bars/film.mkv"
film ball 41 'jpegenc ! avimux' "$tmp/films/balls/film.avi"
if gst-inspect-1.0 --exists openh264enc && gst-inspect-1.0 --exists avdec_h264; then
    film snow 41 'openh264enc ! h264parse ! mp4mux' "$tmp/films/snow/film.mp4"
else
    film snow 41 'jpegenc ! qtmux' "$tmp/films/snow/film.mov"
fi
echo 'no film' >"$tmp/films/snow/broken.mp4"
expect 0 "$mobilenet" teach --data "$tmp/films" --out "$tmp/films.tflite" --views 2
has out '3 classes.* by softmax regression'
has err 'broken.mp4: left out: cannot be decoded'
rows=$(od -An -tu4 -j4 -N4 "$(find "$XDG_CACHE_HOME/gst-mobilenet" -name "$(sha256sum <"$tmp/films/bars/film.mkv" | cut -c1-64)*")")
[ "$rows" -eq 10 ] || fail "a film of five frames a second apart, in two views, gave $rows rows"
for class in bars/smpte snow/snow; do
    film "${class#*/}" 1 'videoconvert ! pngenc' "$tmp/still.png"
    expect 0 "$mobilenet" classify --top 1 --model "$tmp/films.tflite" "$tmp/still.png"
    has out "%  ${class%/*}"
done

# Videos are judged as they teach, frame by frame: this one is of another class from 2.1 s on.
rm "$tmp/films/snow/broken.mp4"
expect 0 "$mobilenet" teach --evaluate --model "$tmp/films.tflite" --data "$tmp/films" --json
json 'lines[-1]["images"] == 15 and lines[-1]["accuracy"] > 0.9'
mkdir -p "$tmp/changing/bars/deeper"
raw=video/x-raw,format=I420,width=128,height=96,framerate=10/1
gst-launch-1.0 -q concat name=c ! jpegenc ! matroskamux ! filesink location="$tmp/changing/bars/deeper/film.mkv" \
    videotestsrc num-buffers=21 ! $raw ! c. videotestsrc pattern=snow num-buffers=20 ! $raw ! c.
expect 0 "$mobilenet" teach --evaluate --model "$tmp/films.tflite" --data "$tmp/changing" \
    --report "$tmp/report.html"
has out '5 pictures: 60.00 % right'
has out 'film.mkv at 4 s: snow'
grep -q '<video muted preload="metadata" src="file://.*film.mkv#t=4">' "$tmp/report.html" || fail 'no frame of the film'

finish
