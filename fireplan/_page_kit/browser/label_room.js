// Where labels and signs find room on a map: rectangles that must not lie on one another, kept in a grid.

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
