// SPDX-License-Identifier: MIT
// controls.js - commands to the viewer: model, camera, threshold.
const byId = (id) => document.getElementById(id);
const HOLD = 1500; // ms that a choice of the user's is not overwritten by an older state
let held = 0;

export async function send(command) {
  held = performance.now() + HOLD;
  let text = null;
  try {
    const response = await fetch('control', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(command),
    });
    const answer = await response.json();
    text = response.ok ? null : answer.error;
  } catch {
    text = 'The viewer does not answer.';
  }
  held = 0;
  if (text) {
    byId('notice').hidden = false;
    byId('notice').textContent = text;
  }
}

// Fills a list, unless it is the same already; an open list would close.
function fill(select, options, value) {
  const key = JSON.stringify(options);
  if (select.dataset.key !== key) {
    select.dataset.key = key;
    select.replaceChildren(...options.map(([name, text]) => new Option(text, name)));
  }
  if (select.value !== value && performance.now() > held)
    select.value = value;
}

function next(select) {
  if (select.length < 2)
    return;
  select.selectedIndex = (select.selectedIndex + 1) % select.length;
  select.dispatchEvent(new Event('change'));
}

const showThreshold = () => {
  byId('threshold-value').value = `${Math.round(byId('threshold').value * 100)} %`;
};

byId('model').addEventListener('change', (event) => send({ model: event.target.value }));
byId('camera').addEventListener('change', (event) => send({ camera: Number(event.target.value) }));
byId('threshold').addEventListener('change', (event) => send({ threshold: Number(event.target.value) }));
byId('threshold').addEventListener('input', () => {
  held = performance.now() + HOLD;
  showThreshold();
});

export function state(s) {
  fill(byId('model'), s.models.map((name) => [name, name]), s.model);
  const cameras = s.cameras.map((name, i) => [String(i + 1), `${i + 1}  ${name}`]);
  cameras.push(['0', 'Demo scenes']);
  const ours = s.source.kind === 'camera' || s.source.kind === 'demo';
  const value = s.source.kind === 'camera' ? String(s.source.camera) : ours ? '0' : '-1';
  if (!cameras.some(([name]) => name === value))
    cameras.unshift([value, s.source.what]);
  fill(byId('camera'), cameras, value);
  if (performance.now() > held) {
    byId('threshold').value = s.threshold;
    showThreshold();
  }
}

export function result() {}

export function key(name) {
  if (name === 'm')
    next(byId('model'));
  else if (name === 'c')
    next(byId('camera'));
  return name === 'm' || name === 'c';
}
