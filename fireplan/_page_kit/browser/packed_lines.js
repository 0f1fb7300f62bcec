// Lines drawn on a canvas from packed coordinates.

import { coordinates, integers } from "./packed_coordinates.js";

/** A path takes the longer to add to the longer it is: many short ones are built in a hundredth of the time of one. */
export const MOST_POINTS = 256;

/** Paths of lines packed by coordinate_codec.pack_lines: how many points each has, and the points. */
export function linePaths(counts, points, frame) {
  const { x, y } = coordinates(points, frame.place), paths = [];
  let at = 0, room = 0;
  for (const count of integers(counts)) {
    if (room <= 0) {
      paths.push(new Path2D());
      room = MOST_POINTS;
    }
    const path = paths[paths.length - 1];
    path.moveTo(x[at], y[at]);
    for (let i = at + 1; i < at + count; i++) path.lineTo(x[i], y[i]);
    at += count;
    room -= count;
  }
  return paths;
}
