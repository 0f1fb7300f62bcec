// Server-sent events. The browser comes back by itself and says where it was; what it cannot see, a line that died
// without a word or a session that ended, is asked for here.

const SILENT_MS = 12000;
const AGAIN_MS = 3000;

export class Stream {
  /**
   * @param {{ snapshot: (data: Live.State) => void, update: (data: Live.Update) => void, checked: (data: Live.State) => void,
   *   lost: () => void, found: () => void, out: () => void }} on
   */
  constructor(on) {
    this.on = on;
    this._source = null;
    this._heard = performance.now();
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
        return; // cut off on its way; the next message or the next snapshot says it again
      }
      this._find();
      this.on[name](data);
    };
    source.addEventListener("snapshot", take("snapshot"));
    source.addEventListener("update", take("update"));
    source.addEventListener("beat", () => this._find());
    source.addEventListener("open", () => this._find());
    source.addEventListener("error", () => {
      if (source !== this._source) return;
      this._lose();
      if (source.readyState === EventSource.CLOSED) this._later();
    });
  }

  _find() {
    this._heard = performance.now();
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
      const answer = await fetch("/api/state", { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
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

  async _listen() {
    if (this._asking || this._source.readyState === EventSource.CLOSED) return;
    if (performance.now() - this._heard < SILENT_MS) return;
    this._asking = true;
    try {
      const answer = await fetch("/api/state", { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(String(answer.status));
      this._find();
      this.on.checked(await answer.json());
    } catch {
      this._lose();
      this._source.close();
      this._later();
    } finally {
      this._asking = false;
    }
  }
}
