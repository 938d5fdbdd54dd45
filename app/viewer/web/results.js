// SPDX-License-Identifier: MIT
// results.js - the label, the five likeliest classes as bars, and what was seen in the last minute.
const byId = (id) => document.getElementById(id);
const ROWS = 5;
const HISTORY = 60000; // ms
const LOG_ROWS = 4;
const SPOKEN_EVERY = 3000; // ms: a screen reader must be able to finish

let threshold = 0.3;
let shown = null; // label at present
let spoken = { label: '', at: 0 };
const history = []; // {at, label, confidence}
const log = []; // {at, label, confidence}: one each time the label changes

const percent = (x) => `${Math.round(x * 100)} %`;

const rows = Array.from({ length: ROWS }, () => {
  const row = document.createElement('li');
  row.innerHTML = '<span class="name">&nbsp;</span><span class="number"></span>' +
    '<div class="track"><div class="fill"></div></div>';
  byId('bars').append(row);
  const [name, number, track] = row.children;
  return { row, name, number, fill: track.firstChild };
});

function showBars(classes) {
  rows.forEach(({ row, name, number, fill }, i) => {
    const one = classes[i];
    name.textContent = one ? one.label : '\u00a0';
    name.title = one ? one.label : '';
    number.textContent = one ? percent(one.confidence) : '';
    fill.style.transform = `scaleX(${one ? Math.min(one.confidence, 1) : 0})`;
    row.classList.toggle('empty', !one);
    row.classList.toggle('under', !one || one.confidence < threshold);
  });
}

function showLabel({ label, confidence }) {
  byId('label').textContent = label || 'Nothing it is sure of';
  byId('label').parentElement.classList.toggle('none', !label);
  byId('confidence').textContent = label ? percent(confidence) : '';
}

function speak({ label, confidence }, now) {
  if (!label || label === spoken.label || now - spoken.at < SPOKEN_EVERY)
    return;
  spoken = { label, at: now };
  byId('spoken').textContent = `${label}, ${percent(confidence)}`;
}

function showLog() {
  byId('log').replaceChildren(...log.map(({ at, label, confidence }) => {
    const row = document.createElement('li');
    const time = document.createElement('time');
    time.className = 'number';
    time.textContent = at.toLocaleTimeString([], { hour12: false });
    const name = document.createElement('span');
    name.className = 'name';
    name.textContent = label;
    const number = document.createElement('span');
    number.className = 'number';
    number.textContent = percent(confidence);
    row.append(time, name, number);
    return row;
  }));
}

// One colour a label, the same each time.
function hue(label) {
  let hash = 0;
  for (const c of label)
    hash = (hash * 31 + c.codePointAt(0)) % 360;
  return hash;
}

function draw() {
  const canvas = byId('history');
  const { clientWidth, clientHeight } = canvas;
  const scale = window.devicePixelRatio || 1;
  canvas.width = clientWidth * scale;
  canvas.height = clientHeight * scale;
  const pen = canvas.getContext('2d');
  pen.scale(scale, scale);
  const now = performance.now();
  while (history.length && history[0].at < now - HISTORY)
    history.shift();
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  history.forEach((one, i) => {
    const next = history[i + 1]?.at ?? now;
    const x = clientWidth * (1 - (now - one.at) / HISTORY);
    const width = Math.max(clientWidth * (next - one.at) / HISTORY, 0.5);
    const height = clientHeight * one.confidence;
    pen.fillStyle = one.label ? `hsl(${hue(one.label)} 55% ${dark ? 58 : 42}%)` : (dark ? '#55606d' : '#aeb8c3');
    pen.fillRect(x, clientHeight - height, width + 0.5, height);
  });
  pen.fillStyle = dark ? '#ffffff70' : '#00000060';
  pen.fillRect(0, clientHeight * (1 - threshold), clientWidth, 1);
}

export function result(r) {
  const now = performance.now();
  showLabel(r);
  showBars(r.results);
  speak(r, now);
  const best = r.results[0]?.confidence ?? 0;
  history.push({ at: now, label: r.label, confidence: r.label ? r.confidence : best });
  if (r.label && r.label !== shown) {
    log.unshift({ at: new Date(), label: r.label, confidence: r.confidence });
    log.length = Math.min(log.length, LOG_ROWS);
    showLog();
  } else if (r.label && r.confidence > log[0]?.confidence) {
    log[0].confidence = r.confidence; // the best of its time
    showLog();
  }
  shown = r.label;
}

export function state(s) {
  threshold = s.threshold;
  if (s.result && !history.length)
    result(s.result);
}

export const key = () => false;

setInterval(draw, 250);
