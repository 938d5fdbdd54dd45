// SPDX-License-Identifier: MIT
// video.js - the live picture and the buttons below it.
import { send } from './controls.js';

const byId = (id) => document.getElementById(id);
const picture = byId('picture');
let paused = false;
let labels = true;
let recording = false;
let broken = true; // the stream has to be asked for (again)

function open() {
  broken = false;
  picture.src = `stream.mjpg?${Date.now()}`; // another address each time, or the browser does not ask
}

picture.addEventListener('error', () => {
  broken = true;
});
picture.addEventListener('load', () => {
  const { naturalWidth, naturalHeight } = picture;
  if (naturalWidth)
    byId('frame').style.aspectRatio = `${naturalWidth} / ${naturalHeight}`;
});

// Called every second, with whether the server is heard.
export function connection(alive) {
  if (!alive)
    broken = true;
  else if (broken)
    open();
}

// A hidden page needs no video; the server then does not even encode it.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) {
    picture.removeAttribute('src');
    broken = false;
  } else {
    open();
  }
});

const togglePause = () => send({ paused: !paused });
const toggleLabels = () => send({ labels: !labels });
const toggleRecord = () => send({ record: !recording });
const toggleFull = () =>
  document.fullscreenElement ? document.exitFullscreen() : byId('frame').requestFullscreen?.();

byId('pause').addEventListener('click', togglePause);
byId('labels').addEventListener('click', toggleLabels);
byId('record').addEventListener('click', toggleRecord);
byId('full').addEventListener('click', toggleFull);

export function state(s) {
  paused = s.paused;
  labels = s.labels;
  recording = s.recording;
  byId('record').setAttribute('aria-pressed', recording);
  byId('pause').setAttribute('aria-pressed', paused);
  byId('labels').setAttribute('aria-pressed', labels);
  byId('cover').hidden = !paused;
  byId('cover').textContent = paused ? 'Paused' : '';
}

export function result() {}

export function key(name) {
  const actions = {
    ' ': togglePause,
    l: toggleLabels,
    r: toggleRecord,
    f: toggleFull,
    s: () => byId('snapshot').click(),
  };
  actions[name]?.();
  return name in actions;
}

open();
