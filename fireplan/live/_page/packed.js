// The bytes of the zones, as the stream sends them.

export function bytes(text) {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array(0); // no zones rather than no page
  }
}
