// Builds elements, writes into them, and sends. Text from data becomes text nodes and nothing else; there is no way here
// to make HTML of a string.

import { h } from "../../_page_kit/browser/elements.js";

export { h } from "../../_page_kit/browser/elements.js";
export { svg } from "../../_page_kit/browser/svg_elements.js";

/** Text that came from data: shown as typed, and unable to turn the direction of what stands beside it. */
export function said(text, name = "said") {
  return h("bdi", { class: name }, text ?? "");
}

/** @type {<K extends string>(id: K) => K extends keyof PageElements ? PageElements[K] : HTMLElement} */
export const byId = (id) => /** @type {any} */ (document.getElementById(id));

/** Writes text only where it differs, so that nothing is laid out anew without need. */
export function write(node, text) {
  const value = String(text);
  if (node.firstChild && node.firstChild === node.lastChild && node.firstChild.nodeType === Node.TEXT_NODE) {
    if (node.firstChild.data !== value) node.firstChild.data = value;
  } else if (node.textContent !== value || node.firstChild) {
    node.textContent = value;
  }
}

export function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false));
}

export function show(node, on) {
  if (node.hidden === on) node.hidden = !on;
}

/** @type {WeakMap<Element, Map<string, Parts.Row<any>>>} */
const kept = new WeakMap();

/**
 * Keeps one row for each item, by key: rows are made once, moved only where the order changed, and removed with their
 * item. `make(item)` gives `{ element, update(item) }`.
 *
 * @template T
 * @param {Element} container
 * @param {T[]} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => Parts.Row<T>} make
 */
export function keyed(container, items, keyOf, make) {
  /** @type {Map<string, Parts.Row<T>>} */
  const rows = kept.get(container) || new Map();
  kept.set(container, rows);
  const seen = new Set();
  let at = container.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    if (seen.has(key)) continue;
    seen.add(key);
    let row = rows.get(key);
    if (!row) {
      row = make(item);
      rows.set(key, row);
    }
    row.update(item);
    if (row.element === at) at = at.nextElementSibling;
    else container.insertBefore(row.element, at);
  }
  for (const [key, row] of rows) {
    if (seen.has(key)) continue;
    row.element.remove();
    rows.delete(key);
    if (row.gone) row.gone();
  }
  return rows;
}

/** Sends JSON; gives the answer, or throws an error whose message can be shown. */
export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body ?? {}),
    });
  } catch {
    throw new Error("no connection to the server");
  }
  if (answer.ok) return answer;
  let reason = "";
  try {
    /** @type {Record<string, unknown>} */
    const said_back = await answer.json();
    const detail = said_back.detail ?? said_back.error ?? said_back.reason;
    if (typeof detail === "string") reason = ": " + detail;
  } catch {
    reason = ""; // an answer without words
  }
  throw new Error("refused by the server (" + answer.status + ")" + reason);
}
