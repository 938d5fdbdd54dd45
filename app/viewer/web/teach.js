// SPDX-License-Identifier: MIT
// teach.js - classes of the user's own: named, shown while a button is held, undone, renamed, forgotten.
import { send } from './controls.js';

const byId = (id) => document.getElementById(id);
const TAP = 400; // ms: a press so short begins what the next one ends, for whoever cannot hold
const HEARD = 1500; // ms until the viewer has surely told that it takes pictures
const button = byId('teach-hold');
const field = byId('teach-name');
let teach = { on: false, phase: 'off', classes: [], undo: false };
let pressed = 0; // when the button went down; 0: it is up
let going = false; // pictures are asked for
let began = 0; // when
let asked = false; // for the panel, by this page: another's wish must not move this one's focus

function setGoing(on) {
  going = on;
  button.setAttribute('aria-pressed', on);
}

function begin() {
  const name = field.value.trim();
  if (!name) {
    field.focus();
    return;
  }
  setGoing(true);
  began = performance.now();
  send({ 'teach-hold': name });
}

function end() {
  pressed = 0;
  if (!going)
    return;
  setGoing(false);
  send({ 'teach-done': true });
}

function down() {
  if (going) {
    end();
    return;
  }
  pressed = performance.now();
  begin();
}

// A tap leaves it going.
function up() {
  if (pressed && performance.now() - pressed > TAP)
    end();
  pressed = 0;
}

button.addEventListener('pointerdown', (event) => {
  if (event.button === 0) {
    button.setPointerCapture(event.pointerId);
    down();
  }
});
// The press moves the focus to the button, which must not take it from the name that is asked for.
button.addEventListener('mousedown', (event) => field.value.trim() || event.preventDefault());
button.addEventListener('pointerup', up);
button.addEventListener('pointercancel', end);
button.addEventListener('contextmenu', (event) => event.preventDefault()); // what a long press brings on a phone
button.addEventListener('keydown', (event) => {
  if (event.key !== ' ' && event.key !== 'Enter')
    return;
  event.preventDefault();
  if (!event.repeat)
    down();
});
button.addEventListener('keyup', (event) => {
  if (event.key === ' ' || event.key === 'Enter')
    up();
});
button.addEventListener('blur', end);
// Screen readers press without a pointer or key.
button.addEventListener('click', (event) => {
  if (event.detail === 0 && event.pointerType === '' && !pressed)
    (going ? end : begin)();
});
document.addEventListener('visibilitychange', () => document.hidden && end());

byId('teach-form').addEventListener('submit', (event) => {
  event.preventDefault();
  button.focus();
});
byId('teach-undo').addEventListener('click', () => send({ 'teach-undo': true }));

byId('teach-open').addEventListener('click', () => {
  asked = !teach.on;
  send({ teach: asked });
});

function rename(row, name) {
  const input = document.createElement('input');
  input.type = 'text';
  input.value = name;
  input.maxLength = 60;
  input.setAttribute('aria-label', `New name for ${name}`);
  row.classList.add('editing');
  row.replaceChildren(input);
  input.select();
  input.addEventListener('keydown', (event) => {
    const wanted = input.value.trim();
    if (event.key !== 'Enter' && event.key !== 'Escape')
      return;
    if (event.key === 'Enter' && wanted && wanted !== name) {
      renamed = wanted;
      send({ 'teach-rename': [name, wanted] });
    }
    event.preventDefault(); // or it presses what has the focus next
    input.blur();
    find(`Rename ${name}`)?.focus();
  });
  input.addEventListener('blur', () => {
    shown = '';
    show();
  });
}

function textButton(text, label, action) {
  const one = document.createElement('button');
  one.type = 'button';
  one.textContent = text;
  one.setAttribute('aria-label', label);
  one.addEventListener('click', action);
  return one;
}

function makeRow({ name, pictures }) {
  const row = document.createElement('li');
  const more = document.createElement('button');
  more.type = 'button';
  more.className = 'name';
  more.textContent = name;
  more.title = `More pictures of ${name}`;
  more.addEventListener('click', () => {
    field.value = name;
    button.focus();
  });
  const count = document.createElement('span');
  count.className = 'number';
  count.textContent = `${pictures} ${pictures === 1 ? 'picture' : 'pictures'}`;
  row.append(more, count,
    textButton('Rename', `Rename ${name}`, () => rename(row, name)),
    textButton('Forget', `Forget ${name}`, () => send({ 'teach-forget': name })));
  return row;
}

const find = (label) => document.querySelector(`#teach-classes [aria-label="${CSS.escape(label)}"]`);

let shown = ''; // the classes, as they are on the page
let renamed = ''; // the last new name: the focus stays with its class
function show() {
  const key = JSON.stringify(teach.classes);
  if (key === shown || document.querySelector('#teach-classes .editing input:focus'))
    return;
  shown = key;
  const focus = document.activeElement?.closest('#teach-classes') && document.activeElement.getAttribute('aria-label');
  byId('teach-classes').replaceChildren(...teach.classes.map(makeRow));
  byId('teach-names').replaceChildren(...teach.classes.map(({ name }) => new Option(name)));
  if (focus)
    (find(focus) ?? find(`Rename ${renamed}`))?.focus();
}

export function state(s) {
  teach = s.teach;
  byId('teach').hidden = !teach.on;
  byId('teach-open').setAttribute('aria-pressed', teach.on);
  if (going && teach.phase !== 'taking' && teach.phase !== 'opening' && performance.now() - began > HEARD)
    setGoing(false); // it had enough
  const taking = teach.phase === 'taking';
  byId('teach-hold-text').textContent = taking ? `${teach.taken} taken` : 'Hold to take pictures';
  const text = teach.seconds >= 0 && teach.phase === 'idle'
    ? `${teach.text}. The last answer took ${teach.seconds.toFixed(1)} s.` : teach.text;
  if (byId('teach-text').textContent !== text)
    byId('teach-text').textContent = text;
  byId('teach-text').classList.toggle('busy', taking || teach.phase === 'learning' || teach.phase === 'opening');
  byId('teach-undo').disabled = !teach.undo && !taking;
  byId('teach-folder').textContent = `Pictures and model: ${teach.folder}`;
  show();
  if (asked && teach.on) {
    asked = false;
    byId('teach').scrollIntoView({ block: 'nearest' });
    field.focus({ preventScroll: true });
  }
}

export function result() {}

export function key(name) {
  if (name === 't')
    byId('teach-open').click();
  return name === 't';
}
