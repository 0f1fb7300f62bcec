// How signs stand together, and beside what they belong to.

/** A block of `count` equal signs in rows, as broad as it is easy to read. */
export function block(count, w, h, gap, most = 3) {
  const columns = count <= most ? count : Math.max(most, Math.ceil(Math.sqrt(count)));
  const rows = Math.ceil(count / columns);
  return { columns, rows, w: columns * (w + gap) - gap, h: rows * (h + gap) - gap };
}

/**
 * The first side of a point where a block has room: below, right, left, above; null where there is none.
 *
 * @param {Parts.Room} room
 * @param {number} x
 * @param {number} y
 * @param {number} away
 * @param {{ w: number, h: number }} size
 */
export function beside(room, x, y, away, size) {
  const places = [
    [x - size.w / 2, y + away],
    [x + away, y - size.h / 2],
    [x - away - size.w, y - size.h / 2],
    [x - size.w / 2, y - away - size.h],
  ];
  return places.find(([left, top]) => room.free(left, top, size.w, size.h)) || null;
}
