// The strip over the slider: how many units are out through the day, and when calls came in.

const TOP = 15, FOOT = 17, TICK = 5, EDGE = 8;

/** Draws the strip on its canvas; `from` and `to` pixels are the ends of the slider's own way. */
export function drawStrip(/** @type {HTMLCanvasElement} */ canvas, /** @type {import("./playback_day.js").Day} */ day, colours) {
  const box = canvas.parentElement, width = box.clientWidth, height = box.clientHeight, dpr = Math.min(2, devicePixelRatio || 1);
  if (!width) return;
  canvas.width = Math.round(width * dpr);
  canvas.height = Math.round(height * dpr);
  const ctx = canvas.getContext("2d"), base = height - FOOT, tall = base - TOP;
  ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
  const x = (t) => EDGE + (t / day.length) * (width - 2 * EDGE), y = (n) => base - (n / day.most) * tall;
  ctx.font = 11 + "px " + colours.get("font");
  hours(ctx, day, x, base, colours);
  ctx.beginPath();
  ctx.moveTo(x(0), base);
  day.out.forEach(([at, n], i) => {
    ctx.lineTo(x(at), y(n));
    ctx.lineTo(x(i + 1 < day.out.length ? day.out[i + 1][0] : day.length), y(n));
  });
  ctx.lineTo(x(day.length), base);
  ctx.closePath();
  ctx.fillStyle = colours.get("accent");
  ctx.globalAlpha = 0.8;
  ctx.fill();
  ctx.globalAlpha = 1;
  ctx.strokeStyle = colours.get("soft");
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 3]);
  ctx.beginPath();
  ctx.moveTo(x(0), y(day.most));
  ctx.lineTo(x(day.length), y(day.most));
  ctx.stroke();
  ctx.setLineDash([]);
  for (const call of day.calls) {
    if (call.begins < 0) continue;
    const late = Number.isFinite(call.late);
    ctx.fillStyle = colours.get(late ? "late" : "ink");
    ctx.fillRect(x(call.begins) - (late ? 1 : 0.5), base + 1, late ? 2 : 1, late ? TICK + 2 : TICK);
  }
}

// Lines at round hours, as many as there is room for.
function hours(ctx, day, x, base, colours) {
  const wide = x(day.length) - x(0), steps = [1, 2, 3, 6, 12, 24], least = 46;
  const step = steps.find((n) => (n * 3600 * wide) / day.length >= least) ?? 24;
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "center";
  for (let t = 900 - (Math.floor(day.start / 1000) % 900 || 900); t <= day.length; t += 900) {
    if (t < 0) continue;
    const { date } = day.local(t);
    if (date.getUTCMinutes() || date.getUTCHours() % step) continue;
    ctx.fillStyle = colours.get("line");
    ctx.fillRect(x(t), TOP, 1, base - TOP + 4);
    ctx.fillStyle = colours.get("soft");
    const text = String(date.getUTCHours()).padStart(2, "0") + ":00", room = ctx.measureText(text).width / 2;
    if (x(t) - room >= 0 && x(t) + room <= wide + 2 * EDGE) ctx.fillText(text, x(t), base + FOOT - 1);
  }
}
