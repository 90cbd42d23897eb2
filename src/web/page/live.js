// Live pictures of many cameras over one connection: multipart parts, each with the camera's name and a JPEG.

const decoder = new TextDecoder();
const SILENT_MS = 30000;

/** Of a path beside the page, without the user and password that the page may have been opened with, for a browser fetches nothing with them in it. */
export function addressOf(path) {
  const address = new URL(path, document.baseURI);
  address.username = address.password = "";
  return address;
}

/** Cuts a stream of bytes into parts and hands each on as (headers, bytes). */
class Parts {
  constructor(take) {
    this.take = take;
    this.bytes = new Uint8Array(0);
    this.headers = null;
  }

  add(chunk) {
    const joined = new Uint8Array(this.bytes.length + chunk.length);
    joined.set(this.bytes);
    joined.set(chunk, this.bytes.length);
    this.bytes = joined;
    while (this.headers ? this.takeBody() : this.takeHeaders());
  }

  endOfHeaders() {
    for (let at = 0; at + 3 < this.bytes.length; at++) {
      if (this.bytes[at] === 13 && this.bytes[at + 1] === 10 && this.bytes[at + 2] === 13 && this.bytes[at + 3] === 10) return at + 4;
    }
    return 0;
  }

  takeHeaders() {
    const end = this.endOfHeaders();
    if (!end) return false;
    const lines = decoder.decode(this.bytes.subarray(0, end)).split("\r\n");
    this.headers = Object.fromEntries(lines.filter((line) => line.includes(": ")).map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]));
    this.bytes = this.bytes.subarray(end);
    return true;
  }

  takeBody() {
    const length = Number(this.headers["content-length"]);
    if (!(length >= 0)) throw new Error("a part without a length");
    if (this.bytes.length < length) return false;
    const headers = this.headers, body = this.bytes.slice(0, length);
    this.bytes = this.bytes.subarray(length);
    this.headers = null;
    this.take(headers, body);
    return true;
  }
}

/** One stream at a time; a broken one is tried again, later each time. */
export class LiveStream {
  constructor(take) {
    this.take = take;
    this.wish = "";
    this.fps = 1;
    this.abort = null;
    this.timer = 0;
    this.pause = 1000;
    this.wishedAt = 0; // since when there is the present wish; 0: there is none
    this.heardAt = 0; // when something of it has come last
  }

  /** cameras: names; none ends it. The same wish again changes nothing. */
  watch({ cameras, width, fps }) {
    /* a window that is drawn wider by some pixels needs no other stream */
    const wish = cameras.length ? `live?cameras=${cameras.join(",")}&width=${Math.ceil(width / 80) * 80}&fps=${fps}` : "";
    if (wish === this.wish) return;
    this.wish = wish;
    this.wishedAt = wish ? performance.now() : 0;
    this.fps = fps;
    this.pause = 1000;
    this.restart();
  }

  restart() {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
    this.heardAt = Date.now();
    if (this.wish) this.run(this.wish, (this.abort = new AbortController()));
  }

  /** It may be that no camera has pictures, or that the connection is gone without a word: another one tells. */
  lookForSilence() {
    if (this.abort && Date.now() - this.heardAt > SILENT_MS) this.restart();
  }

  async run(wish, abort) {
    try {
      const answer = await fetch(addressOf(wish), { signal: abort.signal, cache: "no-store" });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const parts = new Parts((headers, body) => this.wish === wish && this.take(headers, body));
      const reader = answer.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        this.pause = 1000;
        this.heardAt = Date.now();
        parts.add(part.value);
      }
    } catch {
      // tried again below, unless somebody wants another one by now
    }
    if (this.abort !== abort) return;
    this.timer = setTimeout(() => this.restart(), this.pause);
    this.pause = Math.min(this.pause * 2, 10000);
  }
}

/** Shows JPEGs on a canvas: one at a time is decoded, and of those that come meanwhile only the newest. */
export class Screen {
  constructor(canvas) {
    this.canvas = canvas;
    this.shownAt = 0;
    this.busy = false;
    this.next = null;
  }

  async show(bytes) {
    if (this.busy) {
      this.next = bytes;
      return;
    }
    this.busy = true;
    for (let jpeg = bytes; jpeg; jpeg = this.next) {
      this.next = null;
      try {
        this.draw(await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" })));
      } catch {
        // one picture less
      }
      if (this.next === null) break;
    }
    this.busy = false;
  }

  draw(bitmap) {
    const { canvas } = this;
    if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
      canvas.width = bitmap.width;
      canvas.height = bitmap.height;
    }
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    bitmap.close();
    this.shownAt = performance.now();
  }
}
