#!/bin/sh
# Writes the videos of this folder; ffmpeg 5.1 of Debian 12 made them.
set -e
ff="ffmpeg -hide_banner -loglevel error -y -bitexact"
source="-f lavfi -i testsrc2=size=96x64:rate=10:duration=4"
code="-c:v libx264 -preset veryslow -crf 34 -g 10 -bf 2 -x264-params ref=2:scenecut=0"

$ff $source $code plain.mp4
# Ten frames a second for two seconds, then one every three.
$ff -f lavfi -i testsrc2=size=96x64:rate=10:duration=12 \
    -vf "select='lt(t,2)+not(mod(n,30))'" -vsync vfr $code varying.mp4
$ff -i plain.mp4 -c copy -bsf:v h264_mp4toannexb plain.h264
$ff -f lavfi -i sine=d=12 -i plain.mp4 -map 1:v -map 0:a -c:v copy -c:a libopus -b:a 6k sound-longer.mkv
$ff -i plain.mp4 -c copy -output_ts_offset 100 late.mkv
$ff -ss 1.5 -i plain.mp4 -t 2 -c copy edited.mp4
$ff -i plain.mp4 -c copy -bsf:v h264_mp4toannexb plain.ts

$ff -i plain.mp4 -c copy -metadata:s:v rotate=90 sideways.mp4
$ff -i plain.mp4 -c:v mpeg4 -q:v 20 -bf 2 reordered.avi
$ff -i plain.mp4 -frames:v 1 cover.png
$ff -i cover.png -i plain.mp4 -map 0 -map 1 -c copy cover-first.mkv
$ff -i plain.mp4 -i reordered.avi -map 0 -map 1 -c copy two-cameras.mp4
rm cover.png
