// How figures are said: the rule of `fireplan.wording`, whose head has it in words. Both pass the same cases
// (tests/support/wording_cases.json), so what is said on this page is what map, report and command line say.

const MINUS = "\u2212", ROUNDING = 1e-6, CLOSE = 1e-6, LEEWAY = 2 ** -21, SAME = 1e-12, TOO_CLOSE = 5e-7, MOST_DECIMALS = 4;
const SECONDS_UP_TO_S = 90, HOURS_UP_TO_MIN = 48 * 60;
export const NOT_KNOWN = "not known", NOT_REACHED = "not reached", UNLIMITED = "unlimited";

export const isNumber = (x) => typeof x === "number" && Number.isFinite(x);
const known = (x) => (typeof x === "number" || typeof x === "boolean" ? Number(x) : NaN);
const rounded = (x) => (x < 0 ? -1 : 1) * Math.floor(Math.abs(x) + 0.5);

function digits(value, decimals) {
  const scale = 10 ** decimals, whole = rounded(value * scale), size = Math.abs(whole);
  const text = String(Math.floor(size / scale)).replace(/\B(?=(\d{3})+$)/g, ",") +
    (decimals ? "." + String(size % scale).padStart(decimals, "0") : "");
  return whole < 0 ? MINUS + text : text;
}

/** A number with so many decimals: 1,234.6 */
export function number(value, { decimals = 0 } = {}) {
  const amount = known(value);
  if (Number.isNaN(amount)) return NOT_KNOWN;
  if (!Number.isFinite(amount)) return amount > 0 ? UNLIMITED : MINUS + UNLIMITED;
  return digits(amount, decimals);
}

/** How many: 115,000 */
export const count = (n) => number(n);

/** How many of what: 1 zone, 1,200 zones. What is told as 1 is one. */
export function counted(n, one, many = one + "s") {
  const told = count(n);
  return told + " " + (told === "1" ? one : many);
}

const ODD = new Map([["people", "person"], ["personnel", "member of the personnel"], ["staff", "member of the staff"]]);

/** What one of a unit is called: person, dwelling unit */
export function singular(unit) {
  const at = unit.lastIndexOf(" ") + 1, head = unit.slice(0, at), last = unit.slice(at), odd = ODD.get(last);
  if (odd !== undefined) return head + odd;
  if (last.endsWith("ies")) return head + last.slice(0, -3) + "y";
  if (/(sses|xes|ches|shes)$/.test(last)) return head + last.slice(0, -2);
  return head + (last.endsWith("s") && !/(ss|us|is)$/.test(last) ? last.slice(0, -1) : last);
}

/** A change with its sign; one that rounds to nothing has none. */
export function signed(change, { decimals = 0 } = {}) {
  const text = number(change, { decimals });
  return known(change) > 0 && (text === UNLIMITED || /[1-9]/.test(text)) ? "+" + text : text;
}

/**
 * A share in percent: one decimal, and up to three more where fewer would round it across its goal, or to all or
 * nothing. All is 100 %, nothing 0 %.
 */
export function share(part, { goal: held = NaN } = {}) {
  const end = known(held), given = known(part);
  if (!Number.isFinite(given)) return NOT_KNOWN;
  const value = Math.abs(given - end) <= SAME * end ? end : given; // so much short of a goal has reached it
  if (value === 0 || value === 1) return 100 * value + " %";
  const ends = [0, 1, end].filter((e) => !Number.isNaN(e));
  for (let decimals = 1; decimals <= MOST_DECIMALS; decimals++) {
    const scale = 10 ** decimals, whole = rounded(100 * value * scale);
    if (ends.every((e) => sameSide(value, whole, scale, e))) return digits(whole / scale, decimals) + " %";
  }
  if (value === end) return goal(end);
  const nearest = [end, 1, 0].filter((e) => !Number.isNaN(e)).reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));
  return "just " + (value < nearest ? "under " : "over ") + goal(nearest);
}

function sameSide(value, whole, scale, limit) {
  const end = 100 * limit * scale;
  if (value < limit) return whole < end - CLOSE;
  return limit === 0 ? whole > CLOSE : whole >= end - CLOSE;
}

/** A share that somebody set, with the digits it was set with: 90 % */
export function goal(part) {
  const value = known(part);
  if (!Number.isFinite(value)) return NOT_KNOWN;
  const text = digits(rounded(100 * value * 10 ** MOST_DECIMALS) / 10 ** MOST_DECIMALS, MOST_DECIMALS);
  return text.replace(/\.?0+$/, "") + " %";
}

/** The interval of a share as it stands behind the share; nothing where an end is missing: (71.9 % to 73.5 %) */
export const between = (low, high) => (hasEnds(low, high) ? " (" + share(low) + " to " + share(high) + ")" : "");

const hasEnds = (low, high) => Number.isFinite(known(low)) && Number.isFinite(known(high));

/** A share with what it is a share of, and its interval: 71.2 % of 115,000 people */
export function shareOf(part, of, unit, { goal: held = NaN, low = NaN, high = NaN } = {}) {
  if (!(known(of) > 0)) return "no " + unit + " to take a share of";
  const told = count(of), ends = Number.isFinite(known(part)) ? between(low, high) : ",";
  return share(part, { goal: held }) + ends + " of " + told + " " + (told === "1" ? singular(unit) : unit);
}

/** Two shares that are seen side by side: with as many decimals as it takes that they do not look alike. */
export function sharesApart(one, other, options = {}) {
  const plain = [share(one, options), share(other, options)], first = known(one), second = known(other);
  if (plain[0] !== plain[1] || !(Math.abs(first - second) >= TOO_CLOSE)) return plain;
  for (let decimals = 2; decimals <= MOST_DECIMALS; decimals++) {
    const [a, b] = [digits(100 * first, decimals), digits(100 * second, decimals)];
    if (a !== b) return [a + " %", b + " %"];
  }
  return plain;
}

const NO_LOWER = "no lower end", NO_UPPER = "no upper end", OPEN = "open at both ends";

/** The interval of a share: 80.7 % to 84.2 %; an end that there are too few records for is open. */
export function shareInterval(low, high) {
  const there = [low, high].map((end) => Number.isFinite(known(end)));
  if (!there[0] && !there[1]) return OPEN;
  return (there[0] ? share(low) : NO_LOWER) + " to " + (there[1] ? share(high) : NO_UPPER);
}

const endless = (value) => (value === Infinity ? NOT_REACHED : NOT_KNOWN);

function set(whole) {
  const size = Math.abs(whole), two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(size / 3600), minutes = Math.floor(size / 60) % 60;
  return (whole < 0 ? MINUS : "") + (hours ? hours + ":" + two(minutes) : minutes) + ":" + two(size % 60);
}

/** The longest time that counts as within a limit, as `fireplan._limits` has it. */
export const lastWithin = (limit) => Math.fround(limit + LEEWAY * Math.abs(limit));

function up(seconds) {
  const whole = Math.floor(seconds);
  return seconds <= Math.max(lastWithin(whole), whole + ROUNDING) ? whole : whole + 1;
}

/** A length of time to the nearest second: 4:30, 1:02:31. One over its limit is never rounded to it. */
export function clock(seconds, { limit_s = NaN } = {}) {
  const value = known(seconds), limit = known(limit_s);
  if (!Number.isFinite(value)) return endless(value);
  const whole = rounded(value);
  return set(value > lastWithin(limit) && limit >= whole ? up(value) : whole);
}

/** A 90th percentile: rounded up, never down. */
export function percentile(seconds) {
  const value = known(seconds);
  return Number.isFinite(value) ? set(up(value)) : endless(value);
}

/** What a running clock shows: the whole seconds that have passed. */
export function passed(seconds) {
  const value = known(seconds);
  return Number.isFinite(value) ? set(Math.max(0, Math.floor(value))) : endless(value);
}

/** The interval of a time, its ends rounded outwards; one that there are too few records for is open. */
export function timeInterval(low_s, high_s) {
  const low = known(low_s), high = known(high_s);
  if (!Number.isFinite(low) && !Number.isFinite(high)) return OPEN;
  return (Number.isFinite(low) ? set(Math.floor(low + ROUNDING)) : NO_LOWER) + " to " +
    (Number.isFinite(high) ? percentile(high) : NO_UPPER);
}

/** How long something has been so, roughly: 12 s, 4 min, 2 h 5 min, 3 days */
export function roughly(seconds) {
  if (!Number.isFinite(known(seconds))) return NOT_KNOWN;
  const value = Math.max(0, seconds), minutes = rounded(value / 60);
  if (value < SECONDS_UP_TO_S) return rounded(value) + " s";
  if (minutes < 60) return minutes + " min";
  if (minutes < HOURS_UP_TO_MIN) return Math.floor(minutes / 60) + " h" + (minutes % 60 ? " " + (minutes % 60) + " min" : "");
  return count(minutes / 1440) + " days";
}

/** Whether something keeps what it is held to. */
export function verdict(met) {
  const held = known(met);
  return Number.isNaN(held) ? NOT_KNOWN : held ? "met" : "missed";
}

/**
 * What was asked for, and whether it is so: goal 90 %: missed. Nothing where nothing was asked for. A goal within the
 * interval of the share is not sure.
 */
export function goalVerdict(met, { goal: asked = NaN, at_most_outside = NaN, low = NaN, high = NaN } = {}) {
  const told = [];
  if (Number.isFinite(known(asked))) told.push(goal(asked));
  if (Number.isFinite(known(at_most_outside))) told.push("at most " + count(at_most_outside) + " outside");
  if (!told.length) return "";
  const unsure = hasEnds(low, high) && known(low) < known(asked) && known(asked) <= known(high) && !Number.isNaN(known(met));
  return "goal " + told.join(", ") + ": " + verdict(met) + (unsure ? ", not sure" : "");
}

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
