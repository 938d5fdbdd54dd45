// SPDX-License-Identifier: MIT
// stats.js - how the viewer fares, as figures.
const list = document.getElementById('figures');
const rows = new Map();

function show(name, value, unit = '', hot = false) {
  if (!rows.has(name)) {
    const group = document.createElement('div');
    const term = document.createElement('dt');
    const figure = document.createElement('dd');
    term.textContent = name;
    group.append(term, figure);
    list.append(group);
    rows.set(name, figure);
  }
  const figure = rows.get(name);
  const small = document.createElement('small');
  small.textContent = unit && ` ${unit}`;
  figure.replaceChildren(value, small);
  figure.parentElement.classList.toggle('hot', hot);
}

const milliseconds = (seconds) => (seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0);

function time(seconds) {
  const s = Math.floor(seconds);
  const two = (n) => String(n).padStart(2, '0');
  return s < 3600 ? `${Math.floor(s / 60)}:${two(s % 60)}`
    : `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

export function state({ stats }) {
  show('Video', stats.fps.toFixed(1), 'frames/s');
  show('Classified', stats.results_per_second.toFixed(1), '/s');
  show('Inference', milliseconds(stats.inference_p50), 'ms');
  show('95 % under', milliseconds(stats.inference_p95), 'ms');
  show('Age of label', milliseconds(stats.age), 'ms');
  show('Processor', stats.cpu.toFixed(2), 'cores');
  if (stats.temperature !== null)
    show('Temperature', stats.temperature.toFixed(0), stats.throttled ? '\u00b0C, throttled' : '\u00b0C',
      stats.throttled || stats.temperature >= 80);
  show('Watching', String(stats.viewers), stats.viewers === 1 ? 'client' : 'clients');
  show('Running', time(stats.uptime));
}

export function result() {}

export const key = () => false;
