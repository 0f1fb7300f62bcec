// The panel of what is heard: the feeds as a whole, each by itself, and what was set aside.

import { byId, fill, h, said, write } from "./dom.js";
import { sign } from "./look.js";
import { count, counted, isNumber, number, roughly, share } from "./words.js";

/** @type {<T>(x: T[] | null | undefined) => T[]} */
const list = (x) => (Array.isArray(x) ? x : []);
const p = (name, ...children) => h("p", { class: name }, ...children);
const MOST_REFUSALS = 20;

/** @type {Map<Live.HealthState["state"], [string, string]>} */
const HEALTH = new Map([
  ["ok", ["tick", "The feed is well"]], ["quiet", ["pause", "The feed is quiet"]], ["late", ["warning", "The feed is late"]],
  ["skewed", ["warning", "The feed's clock is off"]], ["gaps", ["warning", "The feed has gaps"]], ["none", ["pause", "Nothing has come yet"]],
]);

/** Shape and words of each, so that none is told by its colour alone. @type {Map<Live.FeedLineState["state"], [string, string]>} */
const LINES = new Map([
  ["ok", ["tick", "well"]], ["quiet", ["pause", "silent for longer than it should be"]], ["troubled", ["warning", "cannot be read"]],
  ["ended", ["cross", "has come to its end"]], ["none", ["ring", "nothing has come yet"]],
]);
const ILL = new Set(["quiet", "troubled", "ended"]);
const isIll = (/** @type {Live.FeedLineState} */ feed) => ILL.has(feed.state) || Boolean(feed.trouble);

/**
 * @param {Parts.Model} model
 * @param {Parts.Context} context
 */
export function health(model, context) {
  const box = byId("feed-body"), now = model.health, tense = context.tense();
  if (!now) {
    write(byId("feed-state"), "not known");
    return fill(box, p("none", "Nothing heard of the feed yet"));
  }
  const feeds = list(now.feeds), ill = feeds.filter(isIll);
  const [shape, words] = ill.length ? ["warning", ill.length === 1 && feeds.length === 1 ? "The feed " + lineOf(ill[0])[1] : count(ill.length) + " of " + counted(feeds.length, "feed") + " ill"]
    : HEALTH.get(now.state) || ["warning", String(now.state)];
  // That a feed was well says nothing of now where the page hears nothing.
  const blind = context.old()?.why === "way";
  fill(byId("feed-state"), sign(blind ? "pause" : shape), " " + words + (blind ? tense.at : ""));
  byId("feed").dataset.state = !ill.length && (now.state === "ok" || now.state === "quiet" || now.state === "none") ? "ok" : "ill";
  const seconds = (x) => (isNumber(x) ? (Math.abs(x) < 10 ? number(x, { decimals: 1 }) + " s" : roughly(Math.abs(x))) : "not known");
  const row = (label, value, bad = false) => h("div", { class: bad ? "bad" : "" }, h("dt", {}, label), h("dd", {}, value));
  const gaps = list(now.gaps).slice(0, 5).map(([a, b]) => (a === b ? count(a) : count(a) + " to " + count(b))).join(", ");
  const unknown = list(now.unknown_units), part = now.refused_share, example = now.refused_example;
  const figures = h("dl", { class: "facts" },
    row("Last event", isNumber(now.last_event) ? context.time.seconds(now.last_event) : "none"), row("Silent for", seconds(now.silent_s)),
    row("Events", count(now.events) + (isNumber(now.per_minute) ? ", " + number(now.per_minute, { decimals: 1 }) + " a minute" : "")),
    row("Lag", seconds(now.lag_s) + (isNumber(now.lag_p95_s) ? " (95 % within " + seconds(now.lag_p95_s) + ")" : ""), now.state === "late"),
    row("Clock off by", isNumber(now.skew_s) ? (now.skew_s < 0 ? "\u2212" : "") + seconds(now.skew_s) : "not known", Math.abs(now.skew_s) > 60),
    row("Gaps", count(now.gaps_n ?? 0) + (gaps ? ": " + gaps : ""), now.gaps_n > 0), row("Numbering began anew", count(now.resets ?? 0)),
    row("Duplicates left out", count(now.duplicates ?? 0)), row("Came late", count(now.late ?? 0)),
    row("Refused", count(now.refused ?? 0), now.refused > 0),
    isNumber(part) ? row("Refused lately", share(part) + " of the last thousand that came", part > 0) : null,
    example ? row("For example", [isNumber(example.line) ? "line " + count(example.line) + ": " : "", said(example.reason),
      isNumber(example.received) ? h("span", { class: "soft" }, ", at " + context.time.time(example.received)) : ""], true) : null,
    unknown.length ? row("Unknown units", unknown.map((u, i) => [i ? ", " : "", said(u)]), true) : null);
  const refusals = list(now.refusals);
  return fill(box, now.source ? p("lead", said(now.source)) : null,
    feeds.length ? h("ul", { class: "feeds", "aria-label": "Feeds" }, feeds.map((feed) => lineShown(feed, context))) : null, figures,
    list(now.notes).length ? h("ul", { class: "notes" }, now.notes.map((note) => h("li", {}, said(note)))) : null,
    refusals.length ? h("table", { class: "refusals" }, h("caption", {}, "Refused lately"), h("tbody", {}, refusals.slice(0, MOST_REFUSALS).map((r) => h("tr", {},
      h("td", {}, context.time.time(r.received)), h("td", {}, isNumber(r.line) ? "line " + count(r.line) : ""), h("td", {}, said(r.reason)))))) : null);
}

/** @param {Live.FeedLineState} feed @returns {[string, string]} */
function lineOf(feed) {
  if (feed.state === "ok" && feed.trouble) return ["warning", "goes on, with trouble"];
  return LINES.get(feed.state) ?? ["warning", String(feed.state)];
}

/**
 * @param {Live.FeedLineState} feed
 * @param {Parts.Context} context
 */
function lineShown(feed, context) {
  const [shape, words] = lineOf(feed), ill = isIll(feed), { time } = context;
  // A history that is played has another clock than the server; the words of feeds are told by the server's.
  const at = (/** @type {number | null} */ ms) => (isNumber(ms) ? time.seconds(ms) + (context.ground.replay ? " by the server's clock" : "") : null);
  const last = at(feed.last_word), again = at(feed.retry_at);
  return h("li", { class: "feed-line" + (ill ? " ill" : "") },
    h("span", { class: "feed-sign" }, sign(shape)),
    h("div", {}, h("p", {}, h("strong", {}, said(feed.name)), " ", h("span", { class: "feed-word" }, words)),
      h("p", { class: "detail" }, [
        last ? "last word " + last : "no word yet",
        isNumber(feed.usual_s) ? "usually silent for " + roughly(feed.usual_s) + " at this hour (half of its silences are shorter)" : null,
        counted(feed.events, "event"), feed.refused ? count(feed.refused) + " set aside" : null,
      ].filter(Boolean).join(", ")),
      feed.trouble ? h("p", {}, said(feed.trouble)) : null,
      again && feed.state === "troubled" ? h("p", { class: "detail" }, "tried again at " + again) : null));
}
