/* The map: σ_w across, the number of hidden layers upwards, both on a log axis. Its dot is the third way to move the two sliders. */

const MAP = { left: 44, right: 14, top: 14, bottom: 40, height: 250, low: -1.5, high: 1 };  // low, high: log10 σ_w
const CONTOURS = [[6, "6 ξ"], [3, "3 ξ"], [1, "ξ"]];
const mapDepth = () => Math.max(deepest, 20);
const mapX = (W, log) => MAP.left + (Math.min(Math.max(log, MAP.low), MAP.high) - MAP.low) / (MAP.high - MAP.low) * (W - MAP.left - MAP.right);
const mapY = (depth) => MAP.top + (1 - Math.log(Math.max(depth, 1)) / Math.log(mapDepth())) * (MAP.height - MAP.top - MAP.bottom);

function drawMap() {
  const svg = $("map"), W = widthOf(svg), H = MAP.height, parts = [], bottom = H - MAP.bottom;
  const { xi } = playground.activations[state.activation], step = (MAP.high - MAP.low) / Math.max(xi.length - 1, 1);
  const word = (x, y, words, anchor, more = {}) =>
    element("text", { x, y, "text-anchor": anchor, "font-size": 12, style: "fill: var(--soft)", ...more }, words);
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
  for (const depth of [1, 2, 5, 10, 20, 50, 100].filter((one) => one <= mapDepth())) {
    parts.push(element("line", { x1: MAP.left, x2: W - MAP.right, y1: mapY(depth), y2: mapY(depth), style: "stroke: var(--edge)" }));
    parts.push(word(MAP.left - 6, mapY(depth) + 4, String(depth), "end"));
  }
  for (const size of [0.1, 0.3, 1, 3, 10]) parts.push(word(mapX(W, Math.log10(size)), bottom + 16, String(size), "middle"));
  parts.push(word((MAP.left + W - MAP.right) / 2, H - 5, "σ_w, the std of a hidden weight times √n", "middle"));
  for (const [times, name] of CONTOURS) {
    const at = xi.map((one, i) => [mapX(W, MAP.low + i * step), mapY(Math.min(times * (one ?? Infinity), mapDepth()))]);
    if (!at.length) continue;
    const line = at.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${Math.min(y, bottom).toFixed(1)}`).join("");
    if (times === 6) parts.push(element("path", { d: `${line}V${bottom}H${MAP.left}Z`, class: "trainable" }));
    parts.push(element("path", { d: line, class: "contour" }));
    const right = at.findLast(([, y]) => y <= mapY(2)) || at[0];
    if (times !== 3) parts.push(word(right[0] + 4, Math.max(right[1] - 5, MAP.top + 10), name, "start", { "font-size": 11 }));
  }
  parts.push(element("line", { x1: MAP.left, x2: W - MAP.right, y1: bottom, y2: bottom, style: "stroke: var(--line)" }));
  for (const one of race.starts.filter((start) => !start.own))
    parts.push(element("path", { d: shape(one.mark, mapX(W, Math.log10(sigmaW(one.law, one.size))), mapY(state.depth)),
                                 style: `fill: var(--paper); stroke: ${ink(one.colour)}; stroke-width: 1.8` }));
  const x = mapX(W, Math.log10(sigmaW(state.law, state.size))), y = mapY(state.depth);
  parts.push(element("circle", { cx: x, cy: y, r: 8, class: "dot" }));
  svg.replaceChildren(...parts);
  const xiHere = xi.length ? along2(xi, (Math.log10(sigmaW(state.law, state.size)) - MAP.low) / step) : null;
  const ratio = xiHere === null ? "" : xiHere > 100 ? ", where ξ is above 100" : `, ${short(state.depth / xiHere, 2)} ξ deep`;
  svg.setAttribute("aria-valuenow", sigmaW(state.law, state.size).toPrecision(3));
  svg.setAttribute("aria-valuetext", `σ_w ${short(sigmaW(state.law, state.size))}, ${state.depth} layers${ratio}`);
  $("map-words").textContent = `σ_w ${short(sigmaW(state.law, state.size))}, ${state.depth} layers${ratio}. Networks train to a depth of about 6 ξ.`;
}

/* The value between two nodes of a table, in which null stands for infinity. */
function along2(table, x) {
  const i = Math.min(Math.max(Math.floor(x), 0), table.length - 2), t = Math.min(Math.max(x - i, 0), 1);
  const [a, b] = [table[i] ?? 1e9, table[i + 1] ?? 1e9];
  return a * (b / a) ** t;
}

/* `move(log10 σ_w, depth)` is called while the dot moves, and `release` when it rests. */
function startMap(move, release) {
  const svg = $("map");
  const toPoint = (event) => {
    const box = svg.getBoundingClientRect(), W = widthOf(svg), scale = W / box.width;
    const x = ((event.clientX - box.left) * scale - MAP.left) / (W - MAP.left - MAP.right);
    const y = ((event.clientY - box.top) * scale - MAP.top) / (MAP.height - MAP.top - MAP.bottom);
    const clamp = (one) => Math.min(Math.max(one, 0), 1);
    move(MAP.low + clamp(x) * (MAP.high - MAP.low), Math.round(mapDepth() ** (1 - clamp(y))));
  };
  svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); svg.focus(); toPoint(event); event.preventDefault(); });
  svg.addEventListener("pointermove", (event) => { if (svg.hasPointerCapture(event.pointerId)) toPoint(event); });
  svg.addEventListener("pointerup", release);
  const keys = { ArrowLeft: [-0.02, 0], ArrowRight: [0.02, 0], ArrowDown: [0, -1], ArrowUp: [0, 1], PageDown: [0, -5], PageUp: [0, 5] };
  svg.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    const [across, up] = keys[event.key], log = Math.log10(sigmaW(state.law, state.size));
    move(Math.min(Math.max(log + across, MAP.low), MAP.high), Math.min(Math.max(state.depth + up, 1), mapDepth()));
  });
  svg.addEventListener("keyup", (event) => { if (event.key in keys) release(); });
}
