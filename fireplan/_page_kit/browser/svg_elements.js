// Builds elements of SVG, as elements.js does those of HTML.

import { filled } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";
const SAFE_SVG = /^(class|d|x|y|x1|x2|y1|y2|cx|cy|r|width|height|viewBox|transform|text-anchor|points|role|focusable|aria-[a-z]+)$/;

export function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children, SAFE_SVG);
}
