// A way on a map, and where on it one is who has driven a share of it.

/**
 * @param {Array<[number, number]>} points
 */
export function wayAlong(points) {
  const along = [0];
  for (let i = 1; i < points.length; i++) along.push(along[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
  const long = along.at(-1);
  /**
   * The point that comes next, and how much of the piece before it is driven.
   *
   * @param {number} share
   * @returns {[number, number]}
   */
  const index = (share) => {
    const far = long * Math.min(1, Math.max(0, share));
    let i = 1;
    while (i < along.length - 1 && along[i] < far) i++;
    return [i, along[i] > along[i - 1] ? Math.min(1, (far - along[i - 1]) / (along[i] - along[i - 1])) : 1];
  };
  /**
   * @param {number} share
   * @returns {[number, number]}
   */
  const at = (share) => {
    const [i, part] = index(share), [a, b] = [points[i - 1], points[i]];
    return [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
  };
  return { points, index, at };
}
