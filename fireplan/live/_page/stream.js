// Server-sent events. The browser comes back by itself and says where it was; what it cannot see, a line that died
// without a word or a session that ended, is asked for here.

import { dateOf } from "./age.js";

const SILENT_MS = 6000; // the service says something every second or so
const AGAIN_MS = 3000;
const ANEW_MS = 30000;
const ASK = { credentials: /** @type {RequestCredentials} */ ("same-origin"), cache: /** @type {RequestCache} */ ("no-store") };

export class Stream {
  /**
   * @param {{ snapshot: (data: Live.State) => void, update: (data: Live.Update) => void, checked: (data: Live.State) => boolean,
   *   lost: () => void, found: () => void, out: () => void }} on; `checked` tells whether that was news
   * @param {Parts.Truth} truth learns of the server's clock from every answer
   */
  constructor(on, truth) {
    this.on = on;
    this.truth = truth;
    this._source = null;
    this._heard = performance.now();
    this._anew = -Infinity;
    this._asking = false;
    this._lost = false;
    this._open();
    setInterval(() => this._listen(), 2000);
    addEventListener("online", () => this._again());
    addEventListener("offline", () => this._lose());
  }

  _open() {
    if (this._source) this._source.close();
    const source = new EventSource("/api/stream");
    this._source = source;
    const take = (name) => (event) => {
      if (source !== this._source) return;
      let data;
      try {
        data = JSON.parse(event.data);
      } catch {
        this.ask(); // cut off on its way: what it said is in no later message
        return;
      }
      this._hear();
      this.on[name](data);
    };
    source.addEventListener("snapshot", take("snapshot"));
    source.addEventListener("update", take("update"));
    source.addEventListener("open", () => this._find());
    source.addEventListener("error", () => {
      if (source !== this._source) return;
      this._lose();
      if (source.readyState === EventSource.CLOSED) this._later();
    });
  }

  // News came. That a line is open is none: it may never say anything.
  _hear() {
    this._heard = performance.now();
    this._find();
  }

  _find() {
    if (!this._lost) return;
    this._lost = false;
    this.on.found();
  }

  _lose() {
    if (this._lost) return;
    this._lost = true;
    this.on.lost();
  }

  _later() {
    if (this._waiting) return;
    this._waiting = setTimeout(() => {
      this._waiting = null;
      this._again();
    }, AGAIN_MS);
  }

  async _again() {
    if (this._source.readyState !== EventSource.CLOSED) return;
    try {
      const answer = await this._fetch();
      if (answer.status === 401 || answer.status === 403) {
        this.on.out();
        return;
      }
      if (answer.ok) this._open();
      else this._later();
    } catch {
      this._later();
    }
  }

  async _fetch() {
    const sent = this.truth.passing.now();
    const answer = await fetch("/api/state", { ...ASK, signal: AbortSignal.timeout(8000) });
    this.truth.server.asked(dateOf(answer), sent);
    return answer;
  }

  /** Learns what the server's clock says, from an answer that is hardly any work. */
  async setClock() {
    const sent = this.truth.passing.now();
    try {
      this.truth.server.asked(dateOf(await fetch("/", { ...ASK, method: "HEAD", signal: AbortSignal.timeout(8000) })), sent);
    } catch {
      // no answer is no news; that it is missing is told elsewhere
    }
  }

  _listen() {
    if (this._source.readyState === EventSource.CLOSED) this._later(); // the browser may close it by itself
    else if (performance.now() - this._heard >= SILENT_MS) this.ask();
  }

  /** Asks for the whole state. */
  async ask() {
    if (this._asking || this._source.readyState === EventSource.CLOSED) return;
    this._asking = true;
    const silent = performance.now() - this._heard >= SILENT_MS;
    try {
      const answer = await this._fetch();
      if (!answer.ok) throw new Error(String(answer.status));
      const data = await answer.json();
      this._hear();
      const news = this.on.checked(data), now = performance.now();
      // There was something to say, and the stream did not say it: another one may.
      if (news && silent && now - this._anew >= ANEW_MS) {
        this._anew = now;
        this._open();
      }
    } catch {
      this._lose();
      this._source.close();
      this._later();
    } finally {
      this._asking = false;
    }
  }
}
