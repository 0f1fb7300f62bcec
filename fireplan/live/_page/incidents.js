// The list of running incidents: late ones first, each with its clocks running. Rows are kept by incident, and only
// those in sight are told the time.

import { byId, fill, h, keyed, said, show, write } from "./dom.js";
import { category, CATEGORIES, family, FAMILIES, sign, stateOf } from "./look.js";
import { ordered, pressing, reading } from "./model.js";
import { clock as asClock, counted, passed } from "./words.js";

const MOST_CLOSED = 40;

export class Incidents {
  /** @param {Parts.Context} context */
  constructor(context) {
    this.context = context;
    this.list = byId("incident-list");
    this.rows = new Map();
    /** @type {Set<Row>} */
    this.seen = new Set();
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const row = entry.target.fireplanRow;
        if (!entry.isIntersecting) this.seen.delete(row);
        else {
          this.seen.add(row);
          row.tick(this.model);
        }
      }
    }, { rootMargin: "120px" });
  }

  /** @param {Parts.Model} model */
  take(model) {
    this.model = model;
    const { open, late } = ordered(model);
    this._late = late;
    keyed(this.list, open, (i) => String(i.incident_id), (i) => new Row(i, this));
    const tense = this.context.tense();
    show(byId("incident-none"), open.length === 0);
    write(byId("incident-none"), tense.was ? "There were no open incidents" + tense.at : "No open incidents");
    write(byId("incident-count"), tense.were + (open.length ? counted(open.length, "open", "open") + (late ? ", " + late + " late" : "") : "none open") + tense.at);
    this._closed(model);
    this.tick(model);
    return { open: open.length, late };
  }

  /** @param {Parts.Model} model */
  _closed(model) {
    const closed = [...model.incidents.values()].filter((i) => i.open === false)
      .sort((a, b) => (b.closed || 0) - (a.closed || 0));
    show(byId("closed"), closed.length > 0);
    write(byId("closed-title"), "Closed lately: " + closed.length);
    keyed(byId("closed-list"), closed.slice(0, MOST_CLOSED), (i) => String(i.incident_id), () => {
      const element = h("li", { class: "closed-row" });
      return {
        element,
        update: (incident) => {
          if (element.fireplanOf === incident) return;
          element.fireplanOf = incident;
          fill(element, said(incident.call_type || "call type not known", "said strong"), h("span", { class: "soft" },
            " ", said(incident.address || ""), Number.isFinite(incident.closed) ? " closed " + this.context.time.time(incident.closed) : ""));
        },
      };
    });
  }

  /**
   * Time has passed. Where a clock ran out since, the order is found anew.
   *
   * @param {Parts.Model} model
   */
  tick(model) {
    if (!model || !model.ready) return null;
    this.model = model;
    let turned = false;
    for (const row of this.seen) turned = row.tick(model) || turned;
    return turned;
  }

  focus(step) {
    const buttons = [.../** @type {NodeListOf<HTMLElement>} */ (this.list.querySelectorAll("button.call"))];
    if (!buttons.length) return;
    const at = buttons.findIndex((b) => b === document.activeElement);
    buttons[Math.min(buttons.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
  }

  reveal(id) {
    for (const element of this.list.children) {
      const on = element.fireplanRow.id === id;
      element.classList.toggle("picked", on);
      if (on) element.scrollIntoView({ block: "nearest" });
    }
  }
}

class Row {
  /**
   * @param {Live.IncidentState} incident
   * @param {Incidents} owner
   */
  constructor(incident, owner) {
    /** @type {Live.IncidentState | null} */
    this.incident = null;
    /** @type {Map<string, Live.UnitState> | null} */
    this.told = null;
    this.owner = owner;
    this.id = String(incident.incident_id);
    this.sign = h("span", { class: "call-sign" });
    this.call = h("button", { class: "call", type: "button" });
    this.call.addEventListener("click", () => owner.context.showIncident(this.id));
    this.where = h("p", { class: "where" });
    this.big = h("div", { class: "big" });
    this.word = h("span", { class: "state-word" });
    this.state = h("div", { class: "state" });
    this.units = h("ul", { class: "chips", "aria-label": "Units" });
    this.clocks = h("div", { class: "clocks" });
    this.element = h("li", { class: "incident" }, this.sign,
      h("div", { class: "what" }, h("h3", {}, this.call), this.where), h("div", { class: "pressing" }, this.big, this.state),
      this.units, this.clocks);
    this.element.fireplanRow = this;
    owner.watch.observe(this.element);
  }

  gone() {
    this.owner.watch.unobserve(this.element);
    this.owner.seen.delete(this);
  }

  /** @param {Live.IncidentState} incident */
  update(incident) {
    if (this.incident === incident && this.told === this.owner.model.units) {
      this._units(incident);
      return;
    }
    this.told = this.owner.model.units;
    this.incident = incident;
    const kind = category(incident.category);
    fill(this.sign, sign(kind, CATEGORIES.get(kind)));
    fill(this.call, said(incident.call_type || "call type not known"));
    const district = this.owner.context.station(incident.district);
    fill(this.where, parts([
      incident.address ? said(incident.address) : null,
      incident.priority ? h("span", {}, "priority ", said(incident.priority)) : null,
      district ? h("span", {}, said(district)) : null,
      ...(incident.flags || []).map((flag) => h("strong", { class: "flag" }, said(flag))),
    ]));
    this._units(incident);
    this._clocks(incident);
    this.tick(this.owner.model);
  }

  /** @param {Live.IncidentState} incident */
  _units(incident) {
    const { model, context } = this.owner;
    const now = (incident.units || []).map((u) => {
      const unit = model.units.get(String(u.unit_id)), here = unit && String(unit.incident_id) === this.id;
      const ended = u.cleared ? "cleared" : u.cancelled ? "called off" : null;
      const status = ended || (here ? context.status(unit.status) : u.arrived ? "on scene" : u.enroute ? "en route" : "dispatched");
      return { id: String(u.unit_id), status, look: ended ? "ended" : here ? family(unit.status) : u.arrived ? "work" : "going" };
    });
    const text = JSON.stringify(now);
    if (text === this._unitsText) return;
    this._unitsText = text;
    fill(this.units, now.length ? now.map((u) => h("li", { class: "chip " + u.look },
      said(u.id, "said unit-name"), chipMark(u.look), h("span", { class: "chip-status" }, u.status))) : h("li", { class: "soft" }, "no unit assigned"));
  }

  /** @param {Live.IncidentState} incident */
  _clocks(incident) {
    this.lines = [];
    const settled = [], waiting = [];
    for (const clock of incident.clocks || []) {
      const now = reading(clock, this.owner.model);
      if (now.running) {
        const line = clockLine(clock);
        this.lines.push(line);
      } else if (now.state === "waiting") {
        waiting.push(waiting.length ? "; " : "", said(clock.title));
      } else {
        settled.push(token(clock, now));
      }
    }
    if (waiting.length) settled.push(h("span", { class: "token waiting" }, sign(stateOf("waiting").sign), stateOf("waiting").word, ": ", waiting));
    const force = incident.force ? forceLine(incident.force) : null;
    fill(this.clocks, this.lines.map((l) => l.element), force, settled.length ? h("p", { class: "tokens" }, settled) : null);
  }

  /**
   * Tells whether its state turned since the last time.
   *
   * @param {Parts.Model} model
   */
  tick(model) {
    const incident = this.incident, worst = pressing(incident, model), state = worst ? worst.state : "none";
    const turned = this._state !== undefined && this._state !== state;
    if (this._state !== state) {
      this._state = state;
      this.element.dataset.state = state;
      fill(this.state, worst ? sign(stateOf(state).sign) : null, this.word);
    }
    if (worst) {
      write(this.big, passed(worst.passed));
      write(this.word, state === "late" ? "late by " + passed(-worst.left) : "of " + asClock(worst.limit));
    } else {
      write(this.big, passed(model.age(incident.received)));
      write(this.word, "since the call");
    }
    const near = worst && state === "running" && worst.left < worst.limit / 4;
    if (near !== this._near) this.element.classList.toggle("near", Boolean(this._near = near));
    for (const line of this.lines) line.tick(model);
    return turned;
  }
}

export function chipMark(look) {
  const mark = look === "ended" ? "tick" : FAMILIES.get(look).mark;
  return mark ? sign(mark) : null;
}

function parts(nodes) {
  return nodes.filter(Boolean).flatMap((node, i) => (i ? [h("span", { class: "sep", "aria-hidden": "true" }, " \u00b7 "), node] : [node]));
}

/** @param {Live.ClockReading} clock */
function clockLine(clock) {
  const fillBar = h("span", { class: "bar-fill" }), words = h("span", { class: "clock-words" });
  const title = h("span", { class: "clock-title" }, said(clock.title), clock.verified === false ? h("span", { class: "soft" }, " (limit not seen in its source)") : null);
  const element = h("div", { class: "clock" }, title, words, h("span", { class: "bar", "aria-hidden": "true" }, fillBar));
  return {
    element,
    /** @param {Parts.Model} model */
    tick(model) {
      const now = reading(clock, model), late = now.state === "late";
      element.classList.toggle("late", late);
      write(words, (late ? "late, " : "") + passed(now.passed) + " of " + asClock(now.limit));
      fillBar.style.transform = "scaleX(" + Math.min(1, now.limit > 0 ? now.passed / now.limit : 0).toFixed(3) + ")";
    },
  };
}

/**
 * @param {Live.ClockReading} clock
 * @param {Parts.Reading} now
 */
function token(clock, now) {
  const look = stateOf(now.state);
  const took = asClock(now.passed, { limit_s: now.limit });
  const words = now.state === "met" ? look.word + " in " + took : now.state === "missed" ? look.word + ", " + took + ", limit " + asClock(now.limit) : look.word;
  return h("span", { class: "token " + (now.state === "missed" ? "missed" : now.state === "met" ? "met" : "waiting"), title: "Limit " + asClock(now.limit) },
    sign(look.sign), said(clock.title), " ", words);
}

/** @param {Live.ForceState} force */
function forceLine(force) {
  const look = stateOf(force.state), late = force.state === "late" || force.state === "missed";
  return h("p", { class: "force" + (late ? " late" : "") }, sign(look.sign), said(force.title), ": ", said(force.have || force.needs || ""), force.sent ? [", ", said(force.sent)] : "", ", ", look.word);
}
