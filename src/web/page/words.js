// What is told, in words. Every text here may come from a stranger and is only ever shown as text.

const LEVELS = { up: "good", degraded: "warn", starting: "off", stopping: "off", backoff: "bad", failed: "bad", ended: "off", down: "off", disabled: "off" };

/** good, warn, bad, or off: nobody expects pictures. */
export function level(camera) {
  return LEVELS[camera.state] ?? "off";
}

/** It has no good pictures, though it should. One that starts has not come to it yet, unless it has been dark before. */
export function isProblem(camera) {
  return ["warn", "bad"].includes(level(camera)) || (camera.state === "starting" && camera.dark_s > 0 && Boolean(camera.reason));
}

export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

export function clock(time) {
  return new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** The whole of it, with the day when that is another. */
export function moment(time) {
  const then = new Date(time);
  const day = then.toDateString() === new Date().toDateString() ? "" : `${then.toLocaleDateString([], { day: "numeric", month: "short" })}, `;
  return day + clock(time);
}

const TITLES = { backoff: "No pictures", failed: "No pictures: given up", degraded: "Pictures are not well", ended: "The file has ended", down: "Stopped", disabled: "Disabled", starting: "Starting", stopping: "Stopping" };

export function stateTitle(camera) {
  return TITLES[camera.state] ?? camera.state;
}

export function hasPictures(camera) {
  return camera.state === "up" || camera.state === "degraded";
}

/** What is on its picture now. */
export function seenText(camera) {
  if (!hasPictures(camera)) return "";
  return [camera.motion ? "motion" : "", camera.objects > 0 ? count(camera.objects, "object") : ""].filter(Boolean).join(" · ");
}

export function stateWord(camera) {
  return camera.state === "degraded" && camera.reason ? camera.reason : camera.state;
}

function capital(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}

function cameraState(event) {
  const title = { up: "Pictures are there", ...TITLES }[event.state] ?? event.state;
  const reason = event.state === event.reason ? "" : event.reason;
  return { level: LEVELS[event.state] ?? "off", kind: "state", what: title, more: [reason, event.hint].filter(Boolean).join("; ") };
}

function objectText(event) {
  const zones = (event.zones?.length ? event.zones : event.phase === "end" ? event.entered_zones : []) ?? [];
  const begun = event.start_ns / 1e6;
  const more = [];
  if (event.phase === "end") {
    const stay = (event.seen_ns - event.start_ns) / 1e9;
    if (stay >= 1) more.push(`for ${duration(stay)}`);
    if (event.reason === "left" || event.reason === "stationary") more.push(event.reason === "left" ? "has left" : "stands still");
  } else {
    more.push(event.stationary ? "stands still" : "is there");
  }
  if (event.speed > 0) more.push(`${(event.average_speed || event.speed).toFixed(1)} m/s`);
  if (event.top_score > 0) more.push(`score ${event.top_score.toFixed(2)}`);
  return { level: "object", kind: "object", what: capital(event.label || "object") + (zones.length ? ` in ${zones.join(", ")}` : ""), more: more.join(" · "), time: begun || undefined };
}

const DESCRIBE = {
  camera_state: cameraState,
  object: objectText,
  health: (e) => e.reason ? { level: "warn", kind: "state", what: `Pictures are ${e.reason}`, more: [e.cause, e.hint].filter(Boolean).join("; ") }
                          : { level: "good", kind: "state", what: "Pictures are well again" },
  camera_failing: (e) => ({ level: "bad", kind: "state", what: `Failed ${count(e.failures, "time")} in a row`, more: e.reason }),
  camera_added: () => ({ level: "good", kind: "state", what: "Added" }),
  camera_removed: () => ({ level: "off", kind: "state", what: "Removed" }),
  camera_renamed: (e) => ({ level: "off", kind: "state", what: `Renamed; it was ${e.from}` }),
  camera_enabled: () => ({ level: "good", kind: "state", what: "Enabled" }),
  camera_disabled: () => ({ level: "off", kind: "state", what: "Disabled" }),
  camera_changed: (e) => ({ level: "off", kind: "state", what: "Settings changed", more: e.text }),
  daemon_started: (e) => ({ level: "good", kind: "state", what: `camd ${e.version} started` }),
  daemon_stopping: () => ({ level: "warn", kind: "state", what: "camd is stopping" }),
  daemon_upgraded: (e) => ({ level: "good", kind: "state", what: `camd ${e.version} goes on in place of ${e.before}` }),
  upgrade_failed: (e) => ({ level: "bad", kind: "state", what: "An upgrade failed", more: e.text }),
  reload_failed: (e) => ({ level: "bad", kind: "state", what: "The configuration has problems", more: e.text }),
  detector_state: (e) => ({ level: e.state === "up" ? "good" : "warn", kind: "state", what: `Detector ${e.detector}: ${e.state}`, more: e.reason }),
  missed: () => ({ level: "warn", kind: "state", what: "Some events are missing here", more: "camctl events has them, as far as they are kept" }),
  motion: (e) => ({ level: "off", kind: "other", what: e.active ? "Motion" : "Motion has ended" }),
  stream: (e) => ({ level: "off", kind: "other", what: `Sends ${e.codec} ${e.width}×${e.height}` }),
  worker_state: (e) => ({ level: "off", kind: "other", what: `${capital(e.worker)}: ${e.state}`, more: e.reason }),
  error: (e) => ({ level: "warn", kind: "other", what: `Error of ${e.worker}`, more: [e.text, e.hint].filter(Boolean).join("; ") }),
  asked: (e) => ({ level: "off", kind: "other", what: `Asked for: ${e.text}`, more: `by user ${e.uid}` }),
};

/** {level, kind: state, object or other, what, more, time} of any event. */
export function describe(event) {
  const make = DESCRIBE[event.event];
  return { more: "", ...(make ? make(event) : { level: "off", kind: "other", what: capital(String(event.event).replaceAll("_", " ")), more: event.text ?? "" }) };
}

/** What there is to say about a camera: [title, text] each. */
export function facts(camera) {
  const { stream, hour, day } = camera, rows = [];
  const reason = camera.reason && camera.reason !== camera.state ? [camera.reason, camera.cause, camera.hint].filter(Boolean).join("; ") : camera.hint;
  if (reason) rows.push(["Why", reason]);
  if (camera.width) rows.push(["Pictures", `${camera.width}×${camera.height}, ${Number((camera.camera_fps ?? 0).toFixed(1))} of ${camera.fps} fps`]);
  if (stream) rows.push(["Camera sends", `${stream.codec} ${stream.width}×${stream.height}${stream.fps ? `, ${Number(stream.fps.toFixed(1))} fps` : ""}`]);
  if (camera.skipped_fps > 0.05) rows.push(["Not analysed", `${camera.skipped_fps.toFixed(1)} fps`]);
  rows.push(["Objects now", String(camera.objects ?? 0)]);
  if (camera.detector) rows.push(["Detector", camera.detector + (camera.detection_fps ? `, ${Number(camera.detection_fps.toFixed(1))} detections a second` : "")]);
  for (const [title, span] of [["Last hour", hour], ["Last day", day]]) {
    if (span) rows.push([title, span.outages ? `${count(span.outages, "outage")}, ${duration(span.dark_s)} dark` : "no outage"]);
  }
  return rows;
}
