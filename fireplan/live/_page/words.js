// How figures and times are said; the same words as on the maps and in the report.

const GROUPS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const MINUS = "\u2212";
export const NOT_KNOWN = "not known";

export const isNumber = (x) => typeof x === "number" && Number.isFinite(x);

export const number = (x) => (isNumber(x) ? GROUPS.format(x).replace("-", MINUS) : NOT_KNOWN);

/** 45 s, 4 min, 4:30 min */
export function minutes(seconds) {
  if (!isNumber(seconds)) return NOT_KNOWN;
  const whole = Math.round(Math.abs(seconds)), sign = seconds < 0 && whole ? MINUS : "";
  if (whole < 60) return sign + whole + " s";
  const rest = whole % 60, first = sign + GROUPS.format(Math.floor(whole / 60));
  return rest ? first + ":" + String(rest).padStart(2, "0") + " min" : first + " min";
}

/** A clock: 2:31, or 1:02:31 from an hour on. Whole seconds that have passed. */
export function mmss(seconds) {
  if (!isNumber(seconds)) return "\u2013";
  const whole = Math.max(0, Math.floor(seconds)), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600), mins = Math.floor(whole / 60) % 60;
  return hours ? hours + ":" + two(mins) + ":" + two(whole % 60) : mins + ":" + two(whole % 60);
}

/** How long ago, roughly: 12 s, 4 min, 2 h 5 min, 3 days */
export function roughly(seconds) {
  if (!isNumber(seconds)) return NOT_KNOWN;
  const whole = Math.max(0, seconds);
  if (whole < 90) return Math.round(whole) + " s";
  const mins = Math.round(whole / 60);
  if (mins < 60) return mins + " min";
  if (mins < 48 * 60) return Math.floor(mins / 60) + " h" + (mins % 60 ? " " + (mins % 60) + " min" : "");
  return Math.round(mins / 1440) + " days";
}

/** A share alone: 71 %. What is not quite all or nothing is never rounded to it, nor to a goal it misses. */
export function percent(part, goal = NaN) {
  if (!isNumber(part)) return NOT_KNOWN;
  if (part < goal && Math.round(part * 100) / 100 >= goal) {
    for (let d = 1; d < 6; d++) if (Number((part * 100).toFixed(d)) < goal * 100) return (part * 100).toFixed(d) + " %";
    return (part * 100).toFixed(6) + " %";
  }
  const whole = Math.round(part * 100);
  if (part > 0 && whole === 0) return "under 1 %";
  if (part < 1 && whole === 100) return "over 99 %";
  return whole + " %";
}

/** Two shares that are seen side by side: with as many decimals as it takes that they do not look alike. */
export function pair(one, other) {
  const plain = [percent(one), percent(other)];
  if (!isNumber(one) || !isNumber(other) || Math.abs(one - other) >= 0.01 || Math.abs(one - other) < 5e-7) return plain;
  for (let d = 1; d < 5; d++) {
    const [a, b] = [(100 * one).toFixed(d), (100 * other).toFixed(d)];
    if (a !== b) return [a + " %", b + " %"];
  }
  return plain;
}

/** A share with what it is a share of: 71 % of 115,000 people. */
export function share(part, of, unit) {
  if (!(of > 0)) return "no " + unit + " to take a share of";
  return percent(part) + (isNumber(part) ? "" : ",") + " of " + number(of) + " " + unit;
}

export const plural = (n, one, many) => number(n) + " " + (n === 1 ? one : many);

/** The agency's own wall clock, whatever the clock of the one who looks says. All instants are ms since 1970, UTC. */
export class LocalTime {
  constructor(zone) {
    this.zone = zone;
    this.known = true;
    try {
      new Intl.DateTimeFormat("en-GB", { timeZone: zone });
    } catch {
      this.zone = "UTC";
      this.known = false;
    }
    const format = (options) => new Intl.DateTimeFormat("en-GB", { timeZone: this.zone, hourCycle: "h23", ...options });
    this._parts = format({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    this._date = format({ day: "numeric", month: "long", year: "numeric" });
    this._day = format({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
    this._name = new Intl.DateTimeFormat("en-US", { timeZone: this.zone, hour: "2-digit", timeZoneName: "short" });
  }

  parts(ms) {
    const found = new Map(this._parts.formatToParts(new Date(ms)).map((p) => [p.type, p.value]));
    return ["year", "month", "day", "hour", "minute", "second"].map((name) => Number(found.get(name)));
  }

  time(ms) {
    if (!isNumber(ms)) return NOT_KNOWN;
    const [, , , hour, minute] = this.parts(ms);
    return String(hour).padStart(2, "0") + ":" + String(minute).padStart(2, "0");
  }

  seconds(ms) {
    if (!isNumber(ms)) return NOT_KNOWN;
    return this.time(ms) + ":" + String(this.parts(ms)[5]).padStart(2, "0");
  }

  weekday(ms) {
    return isNumber(ms) ? this._day.format(new Date(ms)) : NOT_KNOWN;
  }

  zoneName(ms) {
    const found = this._name.formatToParts(new Date(ms)).find((p) => p.type === "timeZoneName");
    return found ? found.value : this.zone;
  }

  dayNumber(ms) {
    const [year, month, day] = this.parts(ms);
    return Math.round(Date.UTC(year, month - 1, day) / 86400000);
  }

  /** 14:32 yesterday; 14:32 on 12 March 2025 */
  spoken(ms, now) {
    const days = this.dayNumber(now) - this.dayNumber(ms);
    const when = days === 0 ? "today" : days === 1 ? "yesterday" : "on " + this._date.format(new Date(ms));
    return this.time(ms) + " " + when;
  }

  /** The instant of a wall-clock reading; in the hour that the clocks leave out, the one after it. */
  instant(year, month, day, hour, minute) {
    const wall = Date.UTC(year, month - 1, day, hour, minute);
    const offset = (ms) => {
      const p = this.parts(ms);
      return Date.UTC(p[0], p[1] - 1, p[2], p[3], p[4], p[5]) - Math.floor(ms / 1000) * 1000;
    };
    const first = wall - offset(wall), second = wall - offset(first);
    return offset(second) === offset(first) ? second : Math.max(first, second);
  }

  /** For an <input type="datetime-local">, and back. */
  field(ms) {
    const [year, month, day, hour, minute] = this.parts(ms), two = (n) => String(n).padStart(2, "0");
    return String(year).padStart(4, "0") + "-" + two(month) + "-" + two(day) + "T" + two(hour) + ":" + two(minute);
  }

  fromField(text) {
    const found = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)/.exec(text);
    return found ? this.instant(...found.slice(1).map(Number)) : null;
  }
}
