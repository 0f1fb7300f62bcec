// What asks for something to be done: alerts, and the moves that are advised.

import { byId, fill, h, keyed, post, said, show, write } from "./dom.js";
import { sign } from "./look.js";
import { SUPPOSED } from "./tense.js";
import { clock, count, counted, roughly, signed } from "./words.js";

/** @type {<T>(x: T[] | null | undefined) => T[]} */
const list = (x) => (Array.isArray(x) ? x : []);
const LEVELS = new Map([["serious", 0], ["warning", 1]]);
/** What the service says of itself: true as long as it is heard, however old the picture is. @type {Set<Live.AlertState["kind"]>} */
const OF_ITSELF = new Set(["store", "feed"]);

export class Alerts {
  /** @param {Parts.Context} context */
  constructor(context) {
    this.context = context;
    this.known = null;
  }

  /** @param {Parts.Model} model */
  take(model) {
    this.model = model;
    const all = list(model.alerts).slice().sort((a, b) => Number(Boolean(a.acknowledged)) - Number(Boolean(b.acknowledged)) ||
      (LEVELS.get(a.level) ?? 2) - (LEVELS.get(b.level) ?? 2) || (a.since || 0) - (b.since || 0));
    keyed(byId("alert-list"), all, (a) => String(a.key), () => this._row());
    show(byId("alert-none"), all.length === 0);
    const tense = this.context.tense();
    write(byId("alert-none"), tense.was ? "There were no alerts" + tense.at : "No alerts");
    const waiting = all.filter((a) => !a.acknowledged).length;
    write(byId("alert-count"), all.length ? (waiting ? counted(waiting, "new", "new") : "all acknowledged") + tense.at : "");
    this._say(all);
  }

  // New alerts are read aloud, politely; those that were there when the page came are not read one by one.
  /** @param {Live.AlertState[]} all */
  _say(all) {
    const keys = new Set(all.map((a) => String(a.key)));
    const fresh = this.known ? all.filter((a) => !this.known.has(String(a.key))) : [];
    if (!this.known && all.length) this.context.announce(counted(all.length, "alert", "alerts"));
    else if (fresh.length) this.context.announce(fresh.map((a) => String(a.title)).join(". "));
    this.known = keys;
  }

  /** @param {Parts.Model} model */
  tick(model) {
    for (const element of byId("alert-list").children) if (element.fireplanTick) element.fireplanTick(model);
  }

  /**
   * @param {Live.AlertState} alert
   * @param {Parts.Model} model
   */
  _age(alert, model) {
    const old = this.context.old();
    return model.age(alert.since, OF_ITSELF.has(alert.kind) && old && old.why !== "way" ? model.present() : null);
  }

  _row() {
    const title = h("h3", {}), text = h("p", {}), when = h("p", { class: "when" }), shape = h("span", { class: "alert-sign" });
    const button = h("button", { type: "button", class: "small operator" }, "Acknowledge"), done = h("p", { class: "when" }), since = h("span", {});
    when.append(since, button);
    const element = h("li", { class: "alert" }, shape, h("div", { class: "alert-words" }, title, text, when, done));
    /** @type {Live.AlertState | null} */
    let alert = null;
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await post("/api/alerts/" + encodeURIComponent(alert.key) + "/acknowledge");
        if (!alert.acknowledged) write(done, "acknowledged"); // else the stream was first, and said by whom
      } catch (error) {
        write(done, "Could not acknowledge: " + error.message);
        button.disabled = false;
      }
    });
    /** @param {Parts.Model} model */
    element.fireplanTick = (model) => write(since, Number.isFinite(alert.since) ? "since " + this.context.time.time(alert.since) + ", " + roughly(this._age(alert, model)) : "");
    return {
      element,
      /** @param {Live.AlertState} next */
      update: (next) => {
        if (alert !== next) {
          alert = next;
          const serious = next.level === "serious";
          element.dataset.of = OF_ITSELF.has(next.kind) ? "itself" : "";
          element.dataset.level = next.acknowledged ? "known" : serious ? "serious" : "warning";
          fill(shape, sign("warning", serious ? "serious" : "warning"));
          fill(title, said(next.title));
          fill(text, said(next.text));
          show(text, !next.acknowledged);
          show(when, !next.acknowledged);
          fill(done, next.acknowledged ? h("span", {}, Number.isFinite(next.since) ? "since " + this.context.time.time(next.since) + ", " : "", "acknowledged", typeof next.acknowledged === "string" ? [" by ", said(next.acknowledged)] : "") : null);
        }
        show(button, !next.acknowledged && this.context.mayAct());
        if (next.acknowledged) button.disabled = false;
        element.fireplanTick(this.model);
      },
    };
  }
}

export class Moves {
  /** @param {Parts.Context} context */
  constructor(context) {
    this.context = context;
    this.dialog = byId("ask");
    /** @type {Live.MoveState | null} */
    this.asked = null;
    byId("ask-no").addEventListener("click", () => this.dialog.close());
    byId("ask-yes").addEventListener("click", () => this._order());
  }

  /** @param {Parts.Model} model */
  take(model) {
    this.model = model;
    const all = list(model.advice);
    keyed(byId("move-list"), all, (a) => String(a.key), () => this._row());
    show(byId("move-none"), all.length === 0);
    const tense = this.context.tense();
    write(byId("move-none"), tense.was ? "No move was worth making" + tense.at : tense.now === SUPPOSED.now ? "No event has come yet" : "No move is worth making now");
    write(byId("move-count"), [all.length > 1 ? all.length + ", best first" : "", all.length ? tense.at.replace(/^, /, "") : ""].filter(Boolean).join(", "));
  }

  _row() {
    const title = h("h3", {}), gain = h("p", { class: "gain" }), reason = h("p", { class: "reason" });
    const button = h("button", { type: "button", class: "small operator" }, "Order this move\u2026");
    const element = h("li", { class: "move" }, h("span", { class: "move-sign" }, sign("arrow")), h("div", { class: "move-words" }, h("div", { class: "move-head" }, title, button), gain, reason));
    /** @type {Live.MoveState | null} */
    let advice = null;
    button.addEventListener("click", () => this._ask(advice));
    const light = (on) => () => this.context.showMove(on ? advice : null);
    element.addEventListener("pointerenter", light(true));
    element.addEventListener("pointerleave", light(false));
    element.addEventListener("focusin", light(true));
    element.addEventListener("focusout", light(false));
    return {
      element,
      /** @param {Live.MoveState} next */
      update: (next) => {
        if (advice !== next) {
          advice = next;
          fill(title, this._what(next));
          fill(gain, h("b", {}, signed(next.net)), " ", said(next.unit), " for " + clock(next.drive_s) + " of driving (" + count(next.per_minute) + " a minute)",
            next.loses > 0 ? h("span", { class: "soft" }, "; regains " + count(next.regains) + ", gives up " + count(next.loses)) : "");
          fill(reason, said(next.reason));
        }
        show(button, this.context.mayAct() && !this.context.old()); // nobody is moved by what may no longer be so
      },
    };
  }

  /** @param {Live.MoveState} advice */
  _what(advice) {
    const from = this.context.station(advice.from);
    return [h("strong", {}, said(advice.unit_id)), from ? [" from ", said(from)] : "", " to ", h("strong", {}, said(advice.to_name || advice.to))];
  }

  /** @param {Live.MoveState} advice */
  _ask(advice) {
    this.asked = advice;
    fill(byId("ask-what"), "Order ", this._what(advice), "?");
    fill(byId("ask-why"), said(advice.reason), " It drives " + clock(advice.drive_s) + ".");
    write(byId("ask-said"), "");
    byId("ask-yes").disabled = false;
    this.dialog.showModal();
    byId("ask-yes").focus();
  }

  async _order() {
    const advice = this.asked, yes = byId("ask-yes");
    if (this.context.old()) { // since it was asked
      write(byId("ask-said"), "Not ordered: what you see is old");
      return;
    }
    yes.disabled = true;
    try {
      await post("/api/moves", { unit_id: advice.unit_id, station_id: advice.to });
      this.dialog.close();
      this.context.announce("Move ordered: " + advice.unit_id + " to " + (advice.to_name || advice.to));
    } catch (error) {
      write(byId("ask-said"), "Not ordered: " + error.message);
      yes.disabled = false;
    }
  }
}
