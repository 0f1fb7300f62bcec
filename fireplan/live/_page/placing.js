// Where signs find room on the map: rectangles that must not lie on one another, kept in a grid.

const CELL = 48;

export class Room {
  constructor() {
    this._cells = new Map();
  }

  *_keys(x, y, w, h) {
    for (let i = Math.floor(x / CELL); i <= Math.floor((x + w) / CELL); i++) {
      for (let j = Math.floor(y / CELL); j <= Math.floor((y + h) / CELL); j++) yield i * 65536 + j;
    }
  }

  free(x, y, w, h) {
    for (const key of this._keys(x, y, w, h)) {
      for (const r of this._cells.get(key) || []) {
        if (x < r[0] + r[2] && r[0] < x + w && y < r[1] + r[3] && r[1] < y + h) return false;
      }
    }
    return true;
  }

  take(x, y, w, h) {
    const rect = [x, y, w, h];
    for (const key of this._keys(x, y, w, h)) {
      if (!this._cells.has(key)) this._cells.set(key, []);
      this._cells.get(key).push(rect);
    }
  }
}

/** A block of `count` equal signs in rows, as broad as it is easy to read. */
export function block(count, w, h, gap, most = 3) {
  const columns = count <= most ? count : Math.max(most, Math.ceil(Math.sqrt(count)));
  const rows = Math.ceil(count / columns);
  return { columns, rows, w: columns * (w + gap) - gap, h: rows * (h + gap) - gap };
}

/**
 * The first side of a point where a block has room: below, right, left, above; null where there is none.
 *
 * @param {Room} room
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
