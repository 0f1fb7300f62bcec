// Reads the packed coordinates of /api/ground (fireplan.maps.packing) and the bytes of the zones.

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
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

/** Points as flat arrays, brought into the sheet's own coordinates by `place(lon, lat) -> [x, y]`. */
export function coordinates(text, place) {
  const steps = integers(text), n = steps.length >> 1;
  const x = new Float32Array(n), y = new Float32Array(n);
  let lon = 0, lat = 0;
  for (let i = 0; i < n; i++) {
    lon += steps[2 * i];
    lat += steps[2 * i + 1];
    const at = place(lon / 1e5, lat / 1e5);
    x[i] = at[0];
    y[i] = at[1];
  }
  return { x, y, n };
}

export function bytes(text) {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array(0); // no zones rather than no page
  }
}
