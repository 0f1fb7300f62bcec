// Builds elements. Text from data becomes text nodes and nothing else; there is no way here to make HTML of a string.

const SAFE = /^(class|id|type|title|role|tabindex|for|value|min|max|step|scope|colspan|hidden|disabled|open|lang|name|aria-[a-z]+|data-[a-z-]+)$/;

/** Sets attributes, of those that are safe, and appends children: elements, texts, and lists of them. */
export function filled(element, attributes, children, safe) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (!safe.test(name)) throw new Error("not an attribute that is set here: " + name);
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...any} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children, SAFE);
}

const SVG = "http://www.w3.org/2000/svg";
const SAFE_SVG = /^(class|d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|viewBox|transform|text-anchor|points|role|focusable|aria-[a-z]+)$/;

export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children, SAFE_SVG);
}
