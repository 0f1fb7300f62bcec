// Reads packed coordinates: whole numbers as text, and points as the steps from one to the next (coordinate_codec.py).

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STEPS_PER_DEGREE = 1e5;
const VALUE = new Uint8Array(128);
for (let i = 0; i < 64; i++) VALUE[ALPHABET.charCodeAt(i)] = i;

/** Whole numbers: groups of five bits, lowest first; the sign in the lowest bit. */
export function integers(text) {
  const out = [];
  let value = 0, shift = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = VALUE[text.charCodeAt(i)];
    value |= (digit & 31) << shift;
    shift += 5;
    if (digit < 32) {
      out.push((value >>> 1) ^ -(value & 1));
      value = shift = 0;
    }
  }
  return out;
}

/** A function that gives the next point as [latitude, longitude] each time it is called; `count` says how many there are. */
export function points(text) {
  const steps = integers(text);
  let at = 0, x = 0, y = 0;
  const next = () => {
    x += steps[at++];
    y += steps[at++];
    return [y / STEPS_PER_DEGREE, x / STEPS_PER_DEGREE];
  };
  next.count = steps.length / 2;
  return next;
}

/** Points as flat arrays, brought into the sheet's own coordinates by `place(lon, lat) -> [x, y]`. */
export function coordinates(text, place) {
  const steps = integers(text), n = steps.length >> 1;
  const x = new Float32Array(n), y = new Float32Array(n);
  let lon = 0, lat = 0;
  for (let i = 0; i < n; i++) {
    lon += steps[2 * i];
    lat += steps[2 * i + 1];
    const at = place(lon / STEPS_PER_DEGREE, lat / STEPS_PER_DEGREE);
    x[i] = at[0];
    y[i] = at[1];
  }
  return { x, y, n };
}
