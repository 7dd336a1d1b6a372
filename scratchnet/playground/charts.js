/* Charts, tables and words, for the playground and for the page around it. */

const $ = (id) => document.getElementById(id);
const DASHES = ["", "7 3", "7 3 2 3", "2 3", "5 2 1 2 1 2", "1 2", "9 3"];
const ink = (i) => (i < 0 ? "var(--ink)" : `var(--c${i})`);

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "line", "text", "rect", "circle", "polyline"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const raise = (power) => `10${String(power).replace(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]))}`;
const minus = (value, places) => value.toFixed(places).replace("-", "−");

/* A text with raised exponents: 10^-3.6 becomes 10<sup>−3.6</sup>. */
function raised(words) {
  return words.split(/10\^(-?[\d.]*\d)/).flatMap((part, i) => i % 2 ? ["10", element("sup", {}, part.replace("-", "−"))] : [part]);
}

/* ---- charts ---- */

const HEIGHT = 250, LEFT = 52, RIGHT = 12, TOP = 10, BOTTOM = 38;

/* A chart is drawn in the pixels that it has on the screen, so that its text keeps its size. */
const widthOf = (svg) => Math.max(svg.clientWidth, 240);

function shape(kind, x, y) {
  const r = 4.2;
  return [
    `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
    `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
    `M${x} ${y - r - 1}L${x + r + 1} ${y + r}H${x - r - 1}z`,
    `M${x} ${y - r - 1}L${x + r + 1} ${y}L${x} ${y + r + 1}L${x - r - 1} ${y}z`,
    `M${x} ${y + r + 1}L${x + r + 1} ${y - r}H${x - r - 1}z`,
    `M${x - r} ${y - r}L${x + r} ${y + r}M${x + r} ${y - r}L${x - r} ${y + r}`,
    `M${x - r - 1} ${y}h${2 * r + 2}M${x} ${y - r - 1}v${2 * r + 2}`,
  ][kind % 7];
}

function ticks(low, high, log) {
  const found = [], span = high - low;
  const step = log ? Math.max(1, Math.ceil(span / 6)) : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 1e4, 2e4, 5e4, 1e5, 1e6]
    .find((one) => span / one <= 6) || span / 5;
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9; at += step) found.push(at);
  return found;
}

/* A series is {x, y, colour, dash, mark, fill}, with null in y for a missing value. `log` draws log10 of y. The axis ends at
   `limits`, or goes from limits[0] to limits[1] where it is `fixed`; `beyond` are words at its upper end. */
function chart(svg, { series, xName, xHigh, xLow = 0, log, guide, cursor, limits, fixed, beyond, height: H = HEIGHT }) {
  const W = widthOf(svg);
  const values = series.flatMap((one) => one.y).filter((y) => y !== null && Number.isFinite(y) && (!log || y > 0))
    .map((y) => (log ? Math.log10(y) : y));
  if (guide !== undefined) values.push(log ? Math.log10(guide.at) : guide.at);
  let low = Math.min(...values), high = Math.max(...values);
  if (!values.length) [low, high] = [-1, 1];
  const room = Math.max(0.08 * (high - low), log ? 0.15 : 0.3);
  low -= room; high += room;
  if (limits) [low, high] = fixed ? limits : [Math.max(low, limits[0]), Math.min(high, limits[1])];
  if (high <= low) high = low + 1;  // nothing is inside the limits
  const px = (x) => LEFT + (x - xLow) / (xHigh - xLow) * (W - LEFT - RIGHT);
  const py = (y) => TOP + (high - y) / (high - low) * (H - TOP - BOTTOM);
  const place = (y) => (y === null || !Number.isFinite(y) || (log && y <= 0) ? null : py(log ? Math.log10(y) : y));
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  const parts = [];
  const word = (x, y, words, anchor, more = {}) =>
    element("text", { x, y, "text-anchor": anchor, "font-size": 12, style: "fill: var(--soft)", ...more }, words);
  let marks = ticks(low, high, log);
  if (log && marks.length < 2) marks = [0.1, 0.2, 0.5, 1, 2, 5].flatMap((m) => [-2, -1, 0, 1, 2]
    .map((p) => Math.log10(m) + Math.floor(low) + p)).filter((at, i, all) => at > low && at < high && all.indexOf(at) === i);
  for (const at of marks) {
    parts.push(element("line", { x1: LEFT, x2: W - RIGHT, y1: py(at), y2: py(at), style: "stroke: var(--edge)" }));
    const round = Math.abs(at - Math.round(at)) < 1e-9;
    const name = !log ? String(at).replace("-", "−") : round && Math.abs(at) > 2 ? raise(Math.round(at)) : short(10 ** at);
    parts.push(word(LEFT - 6, py(at) + 4, name, "end"));
  }
  for (const at of ticks(xLow, xHigh, false)) {
    if (!Number.isInteger(at)) continue;
    parts.push(word(px(at), H - BOTTOM + 17, at.toLocaleString("en"), "middle"));
  }
  parts.push(element("line", { x1: LEFT, x2: W - RIGHT, y1: H - BOTTOM, y2: H - BOTTOM, style: "stroke: var(--line)" }));
  parts.push(word((LEFT + W - RIGHT) / 2, H - 4, xName, "middle"));
  if (guide !== undefined) {
    const y = py(log ? Math.log10(guide.at) : guide.at);
    parts.push(element("line", { x1: LEFT, x2: W - RIGHT, y1: y, y2: y, style: "stroke: var(--soft)", "stroke-dasharray": "6 4" }));
    parts.push(word(W - RIGHT, y - 5, guide.words, "end", { "font-size": 11 }));
  }
  const ends = [TOP - 4, H - BOTTOM + 4], isInside = (y) => y >= ends[0] && y <= ends[1];
  const leaves = (x, y, ink) => {  // an arrow where a curve leaves the axis
    const edge = y < ends[0] ? TOP : H - BOTTOM, tip = y < ends[0] ? -5 : 5;
    parts.push(element("polyline", { class: "leaves", points: `${(x - 4).toFixed(1)},${edge} ${(x + 4).toFixed(1)},${edge} ${x.toFixed(1)},${edge + tip}`,
                                     style: `fill: ${ink}` }));
  };
  for (const one of series) {
    const at = one.y.map((y, i) => [px(one.x[i]), place(y), one.x[i]]).filter(([, y, x]) => y !== null && x <= xHigh);
    if (one.mark === undefined) {
      let d = "", open = false;
      at.forEach(([x, y], i) => {
        const [x0, y0] = at[i - 1] || [x, y];
        if (i && isInside(y) !== isInside(y0)) {  // the line ends, or begins, at the edge of the axis
          const out = isInside(y) ? y0 : y, edge = out < ends[0] ? ends[0] : ends[1], cut = x0 + (x - x0) * (edge - y0) / (y - y0);
          d += `${open ? "L" : "M"}${cut.toFixed(1)} ${edge.toFixed(1)}`;
          open = isInside(y);
          leaves(cut, out, one.colour);
        }
        if (isInside(y)) { d += `${open ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`; open = true; }
      });
      if (at.length && !at.some(([, y]) => isInside(y))) leaves(at[0][0], at[0][1], one.colour);
      parts.push(element("path", { d, class: "line", style: `fill: none; stroke: ${one.colour}; stroke-width: ${one.width || 2}`,
                                   "stroke-dasharray": one.dash || "none" }));
      if (at.length === 1 || one.dots)
        for (const [x, y] of at) if (isInside(y))
          parts.push(element("circle", { cx: x, cy: y, r: 2.2, style: `fill: ${one.colour}` }));
    } else {
      const d = at.filter(([, y]) => isInside(y)).map(([x, y]) => shape(one.mark, x, y)).join("");
      parts.push(element("path", { d, class: one.fill ? "live" : "measured",
                                   style: `fill: ${one.fill || "var(--paper)"}; stroke: ${one.colour}; stroke-width: 1.8` }));
    }
  }
  if (cursor !== undefined)
    parts.push(element("line", { x1: px(cursor), x2: px(cursor), y1: TOP, y2: H - BOTTOM, style: "stroke: var(--ink)", "stroke-width": 1.5 }));
  if (beyond) parts.push(word(LEFT + 4, TOP + 11, beyond, "start", { "font-weight": 600 }));
  svg.replaceChildren(...parts);
}

function table(place, caption, header, rows) {
  const cell = (words, row, i) => element(row ? (i ? "td" : "th") : "th", row ? (i ? {} : { scope: "row" }) : { scope: "col" }, words);
  const line = (cells, row) => element("tr", {}, ...cells.map((words, i) => cell(words, row, i)));
  place.replaceChildren(element("table", {}, element("caption", {}, caption),
    element("thead", {}, line(header, false)), element("tbody", {}, ...rows.map((row) => line(row, true)))));
}

/* One entry of a legend. */
function legend(paths, words) {
  return element("span", {}, element("svg", { viewBox: "0 0 30 14", "aria-hidden": "true" }, ...paths), words);
}

const stroke = (ink, dash = "none") => element("path", { d: "M0 7H30", "stroke-dasharray": dash || "none", style: `stroke: ${ink}; stroke-width: 2` });
