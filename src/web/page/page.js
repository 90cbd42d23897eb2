// The page: what camd-web tells of the cameras, shown. It asks for pictures of those only that can be seen.

import { LiveStream, Screen, addressOf } from "./live.js";
import { Drawing, commandFor, drawOverlay, polygonsOf } from "./draw.js";
import { make, makeEvent, makeTile } from "./elements.js";
import { fitTiles, commonShape } from "./wall.js";
import { count, describe, duration, facts, hasPictures, isProblem, level, seenText, stateTitle, stateWord } from "./words.js";

const EVENTS_MAX = 200; // of a kind, so that many of one leave those of the others here
const STALE_MS = 2000;
const SILENT_MS = 50000; // the server says something every 20 s
const $ = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const narrow = matchMedia("(max-width: 62.5em)"); // as in page.css

const cameras = new Map(); // name: {camera, tile, screen, ...}
const events = []; // the newest first
const objects = new Map(); // "camera/id": the event that shows it
let place = { epoch: 0, seq: 0 }; // of the last event
let known = false; // a first state has come
let source = null;
let paused = false;
let onlyProblems = false;

function kept(name, fallback) {
  try {
    return localStorage.getItem(name) ?? fallback;
  } catch {
    return fallback;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // nothing is kept then
  }
}

/* ---- tiles ---- */

const visible = new Set(); // names of tiles in view
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) visible[entry.isIntersecting ? "add" : "delete"](entry.target.dataset.name);
  lookSoon();
}, { rootMargin: "80px" });

/** Also when the address has named it all the time. */
function showCamera(name) {
  location.hash = `camera=${name}`;
  openCamera(name);
}

function addCamera(camera) {
  const tile = makeTile(camera.name, () => showCamera(camera.name));
  const entry = { camera, saidBy: { epoch: 0, seq: 0 }, updated: performance.now(), ...tile };
  entry.tile.dataset.name = camera.name;
  cameras.set(camera.name, entry);
  watcher.observe(entry.tile);
  return entry;
}

function removeCamera(entry) {
  watcher.unobserve(entry.tile);
  visible.delete(entry.camera.name);
  entry.tile.remove();
  cameras.delete(entry.camera.name);
}

function darkFor(entry) {
  const { camera, updated } = entry;
  return camera.dark_s === undefined ? -1 : camera.dark_s + (performance.now() - updated) / 1000;
}

function nextTry(entry) {
  const { camera, updated } = entry;
  if (camera.next_start_ms === undefined) return "";
  const left = camera.next_start_ms / 1000 - (performance.now() - updated) / 1000;
  return left > 1 ? `Next try in ${duration(left)}` : "Tries again now";
}

function showMessage(element, entry) {
  const { camera } = entry, at = level(camera);
  if (at === "good" || at === "warn") {
    element.hidden = true;
    return;
  }
  const dark = darkFor(entry);
  const lines = [["b", "", stateTitle(camera) + (dark > 1 ? ` for ${duration(dark)}` : "")]];
  const reason = camera.reason && camera.reason !== camera.state ? camera.reason : "";
  if (reason) lines.push(["span", "why", reason]);
  if (camera.state === "backoff") lines.push(["span", "next", nextTry(entry)]);
  element.hidden = false;
  element.replaceChildren(...lines.map(([kind, name, text]) => make(kind, name, text)));
}

function showTile(entry) {
  const { camera, tile } = entry, at = level(camera);
  tile.dataset.level = at;
  entry.state.dataset.level = at;
  entry.state.textContent = stateWord(camera);
  entry.state.title = camera.state === "degraded" ? [camera.cause, camera.hint].filter(Boolean).join("; ") : "";
  entry.info.textContent = hasPictures(camera) ? `${Number((camera.camera_fps ?? 0).toFixed(1))} fps` : "";
  entry.seen.textContent = seenText(camera);
  showMessage(entry.message, entry);
  entry.frame.setAttribute("aria-label", `${camera.name}: ${stateWord(camera)}${camera.reason && at === "bad" ? `, ${camera.reason}` : ""}`);
  tile.hidden = onlyProblems && !isProblem(camera);
}

/* ---- the wall ---- */

/** The room inside of the wall. */
function wallWidth() {
  const wall = $("wall"), style = getComputedStyle(wall);
  return wall.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
}

/** How much larger than usual the browser's user wants letters. */
function textScale() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}

function layOut() {
  const tiles = $("tiles"), shown = [...cameras.values()].filter((entry) => !entry.tile.hidden).map((entry) => entry.camera);
  const top = document.querySelector(".top"), size = $("size").value, width = wallWidth(), shape = commonShape(shown);
  let tile = Number(size) || 0;
  document.documentElement.style.setProperty("--top", `${getComputedStyle(top).position === "sticky" ? top.offsetHeight : 0}px`);
  tiles.style.setProperty("--shape", shape);
  tiles.classList.toggle("fit", size === "fit");
  if (size === "fit" && shown.length > 0) {
    const fit = fitTiles({ number: shown.length, width, height: innerHeight - top.offsetHeight - 40, gap: 14, shape, scale: textScale() });
    tile = fit.tile;
    tiles.style.setProperty("--columns", fit.columns);
    tiles.style.setProperty("--tile", fit.fixed ? `${tile}px` : "1fr");
  } else {
    tiles.style.setProperty("--tile", `${width < 620 && tile < 300 ? 150 : tile}px`);
  }
  tiles.toggleAttribute("data-small", tile < 260 * textScale());
  lookSoon();
}

function showSummary() {
  const all = [...cameras.values()].map((entry) => entry.camera), bad = all.filter(isProblem);
  const up = all.filter((camera) => camera.state === "up").length, off = all.filter((camera) => ["down", "disabled", "ended"].includes(camera.state)).length;
  const summary = $("summary");
  summary.replaceChildren(document.createTextNode(all.length ? `${count(all.length, "camera")} · ${up} up` : ""));
  if (bad.length) summary.append(" · ", make("strong", "", count(bad.length, "problem")));
  if (off) summary.append(` · ${off} off`);
  $("problem-count").textContent = bad.length ? `(${bad.length})` : "";
  const title = $("title").textContent;
  document.title = `${bad.length ? `(${bad.length}) ` : ""}${title}`;
  const nothing = $("nothing");
  nothing.hidden = all.length > 0 && !(onlyProblems && !bad.length);
  nothing.textContent = all.length ? "All cameras that should have pictures have them." : known ? "There are no cameras. camctl add makes one." : "";
}

let layOutTimer = 0;
function showAll() {
  for (const entry of cameras.values()) showTile(entry);
  showSummary();
  cancelAnimationFrame(layOutTimer);
  layOutTimer = requestAnimationFrame(layOut);
}

/* ---- live pictures ---- */

const live = new LiveStream((headers, bytes) => {
  const name = headers["x-camera"], entry = cameras.get(name);
  if (!entry) return;
  entry.pictureAt = performance.now();
  if (opened?.name === name) opened.screen.show(bytes).then(fitStage);
  entry.screen.show(bytes);
  if (!entry.stale.hidden) entry.stale.hidden = true;
});

let lookTimer = 0;
function lookSoon() {
  clearTimeout(lookTimer);
  lookTimer = setTimeout(look, 120);
}

function ratio() {
  return Math.min(devicePixelRatio || 1, 2);
}

function look() {
  if (paused || document.hidden) {
    live.watch({ cameras: [] });
    return;
  }
  if (opened) {
    live.watch({ cameras: [opened.name], width: $("stage").clientWidth * ratio(), fps: calm.matches ? 1 : 10 });
    return;
  }
  const names = [...cameras.keys()].filter((name) => visible.has(name));
  const first = names.length ? cameras.get(names[0]).tile.clientWidth : 0;
  const fps = calm.matches ? 0.5 : names.length > 30 ? 2 : names.length > 12 ? 3 : 5;
  live.watch({ cameras: names, width: Math.max(160, first * (names.length > 30 ? 1 : ratio())), fps });
}

/** A camera that is up and sends nothing is told before camd gives it up. */
function showStale() {
  const now = performance.now();
  for (const [name, entry] of cameras) {
    const { camera } = entry, watched = opened ? opened.name === name : visible.has(name);
    const since = Math.max(entry.pictureAt ?? 0, live.wishedAt), bound = Math.max(STALE_MS, 3000 / Math.min(camera.camera_fps || camera.fps || 1, live.fps));
    const stale = watched && !paused && live.wishedAt > 0 && level(camera) !== "bad" && level(camera) !== "off" && now - since > bound;
    entry.stale.hidden = !stale;
    if (stale) entry.stale.textContent = `No new picture for ${duration((now - since) / 1000)}`;
    if (level(camera) === "bad") showMessage(entry.message, entry);
  }
  if (opened) showMessage($("camera-message"), cameras.get(opened.name) ?? opened);
}

/* ---- events ---- */

function isWanted(shown) {
  const wish = $("which-events").value;
  return wish === "all" || (wish === "important" && shown.kind !== "other") || (wish === "objects" && shown.kind === "object") || (wish === "states" && shown.kind === "state");
}

function objectKey(event) {
  return event.event === "object" ? `${event.camera}/${event.id}` : "";
}

function showEvents() {
  const wanted = events.filter((entry) => isWanted(entry.shown));
  $("event-list").replaceChildren(...wanted.map((entry) => entry.item));
  $("no-events").hidden = wanted.length > 0;
  showCameraEvents();
}

/** An object is one entry, which its later events change. */
function addEvent(event) {
  const key = objectKey(event), before = objects.get(key), shown = describe(event);
  const item = makeEvent(event, shown);
  if (before) {
    const focused = before.item.contains(document.activeElement);
    before.item.replaceWith(item);
    if (focused) item.querySelector("a")?.focus({ preventScroll: true });
    Object.assign(before, { event, shown, item });
    return;
  }
  const entry = { event, shown, item, key };
  events.unshift(entry);
  if (key) objects.set(key, entry);
  if (isWanted(shown)) $("event-list").prepend(item);
  $("no-events").hidden = $("event-list").childElementCount > 0;
  const last = events.filter((other) => other.shown.kind === shown.kind)[EVENTS_MAX];
  if (last) removeEvent(last);
}

function removeEvent(entry) {
  events.splice(events.indexOf(entry), 1);
  entry.item.remove();
  objects.delete(entry.key);
}

function say(text) {
  $("said").textContent = text;
}

let goneName = ""; // of the camera that was shown when it went

/** The event may come before or after the first state without the old name. */
function followRename(event) {
  if (opened?.name === event.from) opened.renamed = event.camera;
  else if (!opened && goneName === event.from) location.hash = `camera=${event.camera}`;
}

/** What an event says about a camera counts at once; its whole status comes soon after. */
function applyEvent(event) {
  const entry = cameras.get(event.camera);
  if (!entry) return;
  const { camera } = entry;
  if (event.event === "camera_state") {
    Object.assign(camera, { state: event.state, reason: event.reason, hint: event.hint, next_start_ms: event.next_start_ms ?? undefined, cause: undefined });
    camera.dark_s = level(camera) === "bad" ? Math.max(0, (Date.now() - Date.parse(event.since ?? event.time)) / 1000) || 0 : undefined;
    entry.updated = performance.now();
    entry.saidBy = place;
    if (level(camera) === "bad" || event.state === "up") say(`${event.camera}: ${stateTitle(camera)}${event.state === "up" ? "" : `, ${event.reason}`}`);
  } else if (event.event === "motion") {
    camera.motion = event.active;
  } else if (event.event === "object" && event.phase !== "update") {
    camera.objects = Math.max(0, (camera.objects ?? 0) + (event.phase === "start" ? 1 : -1));
  } else {
    return;
  }
  showTile(entry);
  showSummary();
  if (opened?.name === event.camera) showOpened();
}

function takeEvent(message) {
  const event = JSON.parse(message.data);
  heardAt = Date.now();
  if (event.epoch === place.epoch && event.seq <= place.seq) return;
  place = { epoch: event.epoch, seq: event.seq };
  addEvent(event);
  if (event.event === "camera_renamed") followRename(event);
  if (event.epoch === stateOf.epoch && event.seq > stateOf.seq) applyEvent(event);
  if (opened?.name !== event.camera) return;
  showCameraEvents();
  if (event.event === "camera_changed") loadOverlays(event.camera);
}

/* ---- the state of things ---- */

let stateOf = { epoch: 0, seq: 0 };

/** A state that camd was asked for before an event may be from before it: then what the event said stays. */
function takeCamera(camera, state) {
  const entry = cameras.get(camera.name) ?? addCamera(camera);
  const { state: word, reason, hint, next_start_ms, dark_s } = entry.camera;
  const isOlder = entry.saidBy.epoch === state.epoch && entry.saidBy.seq > state.seq;
  entry.camera = isOlder ? { ...camera, state: word, reason, hint, next_start_ms, dark_s } : camera;
  if (!isOlder) entry.updated = performance.now();
  return entry.tile;
}

let page = ""; // which one this is, as the server said at first

/** The server has been upgraded and has another page: that is loaded, once nobody is in the middle of something. */
function isAnotherPage(now) {
  page = page || now;
  if (page === now || opened) return false;
  location.reload();
  return true;
}

function takeState(message) {
  const state = JSON.parse(message.data), here = new Set(state.cameras.map((camera) => camera.name)), focused = document.activeElement;
  heardAt = Date.now();
  if (isAnotherPage(state.page)) return;
  const isFirst = !known && state.connected;
  known = known || state.connected;
  $("title").textContent = state.title;
  $("banner").hidden = state.connected;
  $("banner").textContent = state.connected ? "" : `What is shown may be old: ${state.reason}. It is tried again.`;
  for (const entry of [...cameras.values()]) if (!here.has(entry.camera.name)) removeCamera(entry);
  const tiles = state.cameras.map((camera) => takeCamera(camera, state));
  if (tiles.some((tile, at) => $("tiles").children[at] !== tile)) $("tiles").append(...tiles);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
  stateOf = { epoch: state.epoch, seq: state.seq };
  showAll();
  if (opened) showOpened();
  else if (isFirst) followHash();
}

let heardAt = 0;

/** A connection can be gone without a word: after a sleep, which only the clock on the wall knows of, or in another network. */
function lookForSilence() {
  if (document.hidden || !source || Date.now() - heardAt <= SILENT_MS) return;
  showLost();
  connect();
}

function showLost() {
  $("banner").hidden = false;
  $("banner").textContent = "The connection to this page's server is lost. It is tried again.";
}

function connect() {
  source?.close();
  source = null;
  heardAt = Date.now();
  if (document.hidden) return;
  const wish = place.epoch ? `from=${place.epoch}.${place.seq}` : "recent=1000";
  source = new EventSource(`events?${wish}`);
  source.addEventListener("state", takeState);
  source.addEventListener("event", takeEvent);
  source.addEventListener("missed", () => addEvent({ event: "missed", time: new Date().toISOString() }));
  source.addEventListener("ping", () => (heardAt = Date.now()));
  source.addEventListener("error", () => {
    showLost();
    /* a browser gives up by itself after an answer that is an error */
    if (source?.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  });
}

/* ---- one camera ---- */

let opened = null; // {name, screen, polygons, grid}
const drawing = new Drawing($("stage"), showLine);

function fitStage() {
  const { canvas } = opened ?? {};
  if (canvas) $("stage").style.aspectRatio = `${canvas.width} / ${canvas.height}`;
  if (canvas) $("stage").style.maxWidth = `calc(var(--high) * ${(canvas.width / canvas.height).toFixed(4)})`;
}

async function fetchJson(path) {
  const answer = await fetch(addressOf(path), { signal: AbortSignal.timeout(10000) });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `the server says ${answer.status}`);
  return answer.json();
}

function overlay() {
  if (!opened) return;
  drawOverlay({ svg: $("overlay"), labels: $("labels"), polygons: $("show-zones").checked ? opened.polygons : [], grid: $("show-grid").checked ? opened.grid : null });
}

async function loadOverlays(camera) {
  try {
    const { zones } = await fetchJson(`zones/${camera}`);
    if (opened?.name === camera) opened.polygons = polygonsOf(zones);
  } catch {
    // no zones are shown
  }
  overlay();
}

async function loadGrid() {
  const note = $("grid-note"), camera = opened?.name;
  note.hidden = !$("show-grid").checked;
  if (!$("show-grid").checked || !camera) {
    overlay();
    return;
  }
  try {
    const grid = await fetchJson(`grid/${camera}`);
    if (opened?.name !== camera) return;
    opened.grid = grid;
    note.textContent = grid.samples ? `Where objects have appeared, in ${count(grid.samples, "sample")}: the stronger, the more.` : "No object has been seen here yet.";
  } catch (error) {
    note.textContent = error.message;
  }
  overlay();
}

function showOpened() {
  const { name, renamed } = opened, entry = cameras.get(name);
  if (!entry) {
    closeCamera();
    goneName = name;
    if (cameras.has(renamed)) location.hash = `camera=${renamed}`;
    return;
  }
  const { camera } = entry, at = level(camera);
  $("camera-state").dataset.level = at;
  $("camera-state").textContent = stateWord(camera);
  $("stage").dataset.level = at;
  $("camera-canvas").setAttribute("aria-label", `Live picture of ${camera.name}`);
  showMessage($("camera-message"), entry);
  $("facts").replaceChildren(...facts(camera).flatMap(([title, text]) => [make("dt", "", title), make("dd", "", text)]));
}

function showCameraEvents() {
  if (!opened) return;
  const own = events.filter((entry) => entry.event.camera === opened.name && entry.shown.kind !== "other").slice(0, 40);
  $("camera-events").replaceChildren(...own.map((entry) => makeEvent(entry.event, entry.shown)));
}

function openCamera(name) {
  const entry = cameras.get(name);
  if (!entry || opened?.name === name) return;
  const canvas = $("camera-canvas"), from = entry.screen.canvas;
  goneName = "";
  opened = { name, canvas, screen: new Screen(canvas), polygons: [], grid: null };
  $("camera-name").textContent = name;
  canvas.width = from.width;
  canvas.height = from.height;
  canvas.getContext("2d").drawImage(from, 0, 0);
  fitStage();
  endDrawing();
  showOpened();
  showCameraEvents();
  overlay();
  if (!$("camera").open) $("camera").showModal();
  loadOverlays(name);
  loadGrid();
  look();
}

function closeCamera() {
  if (!opened) return;
  const { name } = opened;
  endDrawing();
  opened = null;
  if ($("camera").open) $("camera").close();
  if (location.hash) history.replaceState(null, "", location.pathname);
  cameras.get(name)?.frame.focus({ preventScroll: true });
  lookSoon();
}

function followHash() {
  const name = location.hash.match(/^#camera=([A-Za-z0-9_-]{1,40})$/)?.[1];
  if (name && cameras.has(name)) openCamera(name);
  else if (!name) closeCamera();
}

/* ---- drawing ---- */

/** Of the zones or masks that are set. */
function isTaken(kind, name) {
  return Boolean(opened?.polygons.some((polygon) => polygon.name === name && (polygon.kind === "zone") === (kind === "zone")));
}

function freeName(kind) {
  const base = kind === "zone" ? "yard" : "mask";
  let number = 1;
  while (isTaken(kind, number > 1 ? `${base}-${number}` : base)) number++;
  return number > 1 ? `${base}-${number}` : base;
}

function showLine() {
  const kind = $("draw-kind").value, name = $("draw-name"), of = $("draw-label"), value = drawing.value();
  $("draw-label-field").hidden = kind !== "object";
  const good = value && name.value && name.validity.valid && of.validity.valid && opened;
  $("draw-line").value = good ? commandFor({ camera: opened.name, kind, name: name.value, label: of.value, value }) : "";
  $("draw-line").placeholder = name.value && name.validity.valid && of.validity.valid ? `${count(drawing.points.length, "corner")} so far; it takes three` : "Its name is of letters, digits, _ and -, and not - alone";
  $("draw-copy").disabled = !good;
  $("draw-note").textContent = isTaken(kind, name.value) ? `There is one of the name ${name.value} already: this takes its place.` : "";
}

function startDrawing() {
  $("drawing").hidden = false;
  $("draw").hidden = true;
  document.querySelector(".camera-picture").classList.add("draws");
  $("draw-name").value = freeName($("draw-kind").value);
  drawing.start();
}

function endDrawing() {
  drawing.end();
  $("drawing").hidden = true;
  $("draw").hidden = false;
  document.querySelector(".camera-picture").classList.remove("draws");
}

async function copyLine() {
  const line = $("draw-line");
  try {
    await navigator.clipboard.writeText(line.value);
    say("Copied");
    $("draw-copy").textContent = "Copied";
    setTimeout(() => ($("draw-copy").textContent = "Copy"), 1500);
  } catch {
    line.focus();
    line.select();
  }
}

/* ---- wiring ---- */

function press(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

function filter(problems) {
  onlyProblems = problems;
  press($("show-all"), !problems);
  press($("show-problems"), problems);
  showAll();
}

function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function toggleTheme() {
  const dark = document.documentElement.dataset.theme ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(dark ? "light" : "dark");
  keep("camd-theme", dark ? "light" : "dark");
}

function showPanel(on) {
  $("events").hidden = !on;
  press($("show-events"), on);
  layOut();
}

function onVisibility() {
  connect();
  look();
}

$("show-all").addEventListener("click", () => filter(false));
$("show-problems").addEventListener("click", () => filter(true));
$("size").addEventListener("change", () => { keep("camd-size", $("size").value); layOut(); });
$("pause").addEventListener("click", () => { paused = !paused; press($("pause"), paused); $("pause").textContent = paused ? "Go on" : "Pause"; look(); });
$("theme").addEventListener("click", toggleTheme);
$("show-events").addEventListener("click", () => { const on = $("events").hidden; keep("camd-events", on ? "yes" : "no"); showPanel(on); if (on && narrow.matches) $("events").scrollIntoView({ behavior: calm.matches ? "auto" : "smooth" }); });
$("which-events").addEventListener("change", showEvents);
$("camera-close").addEventListener("click", closeCamera);
$("camera").addEventListener("close", () => $("camera").open || closeCamera()); // it may be open again by then
$("camera").addEventListener("click", (event) => event.target === $("camera") && closeCamera());
$("show-zones").addEventListener("change", overlay);
$("show-grid").addEventListener("change", loadGrid);
$("draw").addEventListener("click", startDrawing);
$("draw-end").addEventListener("click", endDrawing);
$("draw-undo").addEventListener("click", () => drawing.undo());
$("draw-clear").addEventListener("click", () => drawing.clear());
$("draw-copy").addEventListener("click", copyLine);
$("drawing").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["draw-kind", "draw-name", "draw-label"]) $(id).addEventListener("input", showLine);
addEventListener("resize", layOut);
addEventListener("hashchange", followHash);
document.addEventListener("visibilitychange", onVisibility);
calm.addEventListener("change", lookSoon);
setInterval(() => document.hidden || showStale(), 1000);
setInterval(() => { lookForSilence(); live.lookForSilence(); }, 5000);

setTheme(kept("camd-theme", ""));
$("size").value = kept("camd-size", "fit");
if (!$("size").value) $("size").value = "fit";
showPanel(kept("camd-events", "yes") === "yes");
connect();
