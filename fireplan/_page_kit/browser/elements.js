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
