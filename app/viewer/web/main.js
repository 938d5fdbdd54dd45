// SPDX-License-Identifier: MIT
// main.js - listens to /events and hands what comes to the parts of the page; each part is a module
// with result(r) and state(s).
import * as video from './video.js';
import * as results from './results.js';
import * as controls from './controls.js';
import * as stats from './stats.js';
import * as teach from './teach.js';

const parts = [video, results, controls, stats, teach];
const byId = (id) => document.getElementById(id);
const LOST_AFTER = 5000; // ms without an event; the state comes every second

function setLink(state, text) {
  byId('link').dataset.state = state;
  byId('link-text').textContent = text;
}

function onState(state) {
  byId('source').textContent = state.source.what;
  byId('version').textContent = `mobilenet-viewer ${state.version}`;
  const notice = state.trouble ?? state.notice;
  byId('notice').hidden = !notice;
  if (byId('notice').textContent !== (notice ?? ''))
    byId('notice').textContent = notice ?? '';
  for (const part of parts)
    part.state(state);
  setLink(state.trouble ? 'wait' : 'live', state.trouble ? 'No picture' : state.paused ? 'Paused' : 'Live');
}

// The browser connects again by itself after a break.
const events = new EventSource('events');
let heard = performance.now();
events.addEventListener('state', (event) => {
  heard = performance.now();
  onState(JSON.parse(event.data));
});
events.addEventListener('result', (event) => {
  const result = JSON.parse(event.data);
  for (const part of parts)
    part.result(result);
});
setInterval(() => {
  const lost = performance.now() - heard > LOST_AFTER;
  if (lost)
    setLink('lost', 'Connection lost');
  video.connection(!lost);
}, 1000);

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest('select, input, textarea'))
    return;
  if (event.key === ' ' && event.target.closest('button, a'))
    return; // presses it
  if (parts.some((part) => part.key(event.key)))
    event.preventDefault();
});
