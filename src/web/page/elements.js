// The elements of which the page is made: tiles of cameras, and lines of events.

import { Screen } from "./live.js";
import { moment } from "./words.js";

export function make(kind, className, text) {
  const element = document.createElement(kind);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

/** A name whose middle is left out when it is too long: cameras' names often differ at their ends. */
function makeName(kind, className, name) {
  const element = make(kind, className), end = name.length > 12 ? -6 : name.length;
  element.title = name;
  element.append(make("span", "begin", name.slice(0, end)), make("span", "end", name.slice(end)));
  return element;
}

/** A camera's tile and what is in it; open is called when it is pressed. */
export function makeTile(name, open) {
  const tile = make("li", "tile");
  const frame = make("button", "frame");
  frame.type = "button";
  const canvas = make("canvas");
  canvas.width = 320;
  canvas.height = 180;
  const message = make("span", "message"), stale = make("span", "stale"), seen = make("span", "seen");
  stale.hidden = true;
  frame.append(canvas, seen, message, stale);
  const caption = make("div", "caption");
  const who = makeName("span", "who", name), info = make("span", "info"), state = make("span", "state");
  caption.append(who, info, state);
  tile.append(frame, caption);
  frame.addEventListener("click", open);
  return { tile, frame, message, stale, seen, info, state, screen: new Screen(canvas) };
}

/** The best picture of an object, or null: the event has none. */
function pictureOf(event) {
  if (event.event !== "object" || event.picture?.state !== "kept") return null;
  const path = `object/${encodeURIComponent(event.camera)}/${event.id}?frame=${event.picture.frame_id}`;
  const link = make("a", "picture"), image = make("img");
  link.href = `${path}&whole=1`;
  link.target = "_blank";
  link.rel = "noopener";
  image.loading = "lazy";
  image.alt = `${event.label} at ${event.camera}, best picture`;
  image.src = `${path}&quiet=1`;
  image.addEventListener("error", () => link.replaceWith(make("span", "mark")));
  link.append(image);
  return link;
}

/** A line of the list of events; shown: what describe makes of it. */
export function makeEvent(event, shown) {
  const item = make("li", "event"), text = make("div", "text"), head = make("div", "head"), time = make("time", "", moment(shown.time ?? event.time));
  item.dataset.level = shown.level;
  time.dateTime = event.time;
  time.title = new Date(shown.time ?? event.time).toLocaleString([], { dateStyle: "full", timeStyle: "long" });
  head.append(makeName("span", "camera", event.camera ?? "camd"), time);
  text.append(head, make("div", "what", shown.what));
  if (shown.more) text.append(make("div", "more", shown.more));
  item.append(pictureOf(event) ?? make("span", "mark"), text);
  return item;
}
