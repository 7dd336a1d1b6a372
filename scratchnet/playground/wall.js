/* The wall: one histogram for each layer and start, all on one axis of log10 |x|; and the strips, which keep them over time. */

const BINS = makeEngine().BINS, WIDTH = BINS.count + 1;
const WALL = { width: 100, height: 44, zeros: 7, gap: 3, most: 12 };
const TICKS = [-8, -4, 0];
const place = (power) => WALL.zeros + WALL.gap + (power - BINS.low) / (BINS.high - BINS.low) * (WALL.width - WALL.zeros - WALL.gap);
const shareOf = (value) => `${(100 * value).toFixed(value > 0 && value < 0.0995 ? 1 : 0)} %`;

/* The layers that the wall shows: all, or WALL.most of them at equal distances. */
function wallLayers(depth) {
  const count = Math.min(depth, WALL.most);
  return [...new Set(Array.from({ length: count }, (_, i) => Math.round(i * (depth - 1) / Math.max(count - 1, 1))))];
}

function buildWall(layers) {
  const head = element("tr", {}, element("th", { scope: "col" }, "layer"), ...race.starts.map((one) =>
    element("th", { scope: "col" }, element("span", { class: "swatch", style: `background: ${ink(one.colour)}` }), one.label)));
  const cell = (start) => {
    const part = (name, style) => element("path", { class: name, style });
    const grid = TICKS.map((power) => element("path", { d: `M${place(power)} 0V${WALL.height}`, class: "grid" }));
    return element("td", {}, element("svg", { viewBox: `0 0 ${WALL.width} ${WALL.height}`, preserveAspectRatio: "none", role: "img", "aria-label": "not measured yet" },
      ...grid, part("zeros", `fill: ${ink(start.colour)}`), part("pooled", `fill: ${ink(start.colour)}; stroke: ${ink(start.colour)}`),
      part("within", "")), element("p", {}, ""));
  };
  const rows = layers.map((l) => element("tr", {}, element("th", { scope: "row" }, `${activationName()}${l + 1}`), ...race.starts.map(cell)));
  const axis = () => element("td", { class: "axis" }, element("span", { style: "left: 0" }, "0"), ...TICKS.map((power) =>
    element("span", { style: `left: ${place(power)}%` }, power ? raise(power) : "1")));
  const foot = element("tr", {}, element("th", { scope: "row" }, "|x|"), ...race.starts.map(axis));
  $("wall").replaceChildren(element("caption", {}, "Histograms of the activations, layer by layer and start by start"),
    element("thead", {}, head), element("tbody", {}, ...rows, foot));
}

/* The outline of the bins 1, 2, …: heights are square roots of shares, and a fifth of all outputs in one bin fills the panel. */
function outline(bins, from, total, closed) {
  const base = WALL.height - 1, width = (WALL.width - WALL.zeros - WALL.gap) / BINS.count;
  let d = `M${place(BINS.low)} ${base}`;
  for (let i = 0; i < BINS.count; i++) {
    const h = Math.min(Math.sqrt(bins[from + 1 + i] / total / 0.2), 1) * (base - 1), y = (base - h).toFixed(1);
    const x = place(BINS.low) + i * width;
    d += `V${y}H${(x + width).toFixed(2)}`;
  }
  return `${d}V${base}${closed ? "Z" : ""}`;
}

function drawWall() {
  const layers = wallLayers(state.depth), key = `${race.run} ${layers.length}`;
  if ($("wall").dataset.key !== key) { buildWall(layers); $("wall").dataset.key = key; }
  if (!race.spreads) return;
  const rows = $("wall").tBodies[0].rows;
  layers.forEach((l, r) => race.spreads.forEach((spread, k) => {
    const cell = rows[r].cells[k + 1], svg = cell.firstChild, from = l * WIDTH;
    const total = Math.max(spread.pooledBins.slice(from, from + WIDTH).reduce((a, b) => a + b, 0), 1);
    const zeros = spread.pooledBins[from] / total, h = zeros * (WALL.height - 1);
    svg.querySelector(".zeros").setAttribute("d", zeros ? `M0 ${WALL.height - 1}v${-h}h${WALL.zeros}v${h}z` : "");
    svg.querySelector(".pooled").setAttribute("d", outline(spread.pooledBins, from, total, true));
    svg.querySelector(".within").setAttribute("d", outline(spread.withinBins, from, total, false));
    const std = spread.std[l], finite = Number.isFinite(std);
    const says = finite ? `std ${short(std)}, within ${short(spread.within[l])}${zeros >= 0.01 ? `, ${shareOf(zeros)} are 0` : ""}` : "not finite";
    svg.setAttribute("aria-label", `${activationName()}${l + 1} under ${race.starts[k].label}: ${says}`);
    cell.lastChild.textContent = says;
  }));
  $("wall-words").textContent = `${layers.length < state.depth ? `${layers.length} of the ${state.depth} layers. ` : ""}`
    + `${race.step ? `After ${race.step.toLocaleString("en")} steps` : "Before training"}, on the same images for all.`;
}

/* ---- strips over the training: a column for each moment, and the colour is the share of the outputs ---- */

const RAMP = [[13, 8, 66], [70, 40, 140], [160, 50, 130], [225, 95, 85], [250, 165, 60], [252, 245, 170]];
function ramp(t) {
  const x = Math.min(Math.max(t, 0), 1) * (RAMP.length - 1), i = Math.min(Math.floor(x), RAMP.length - 2);
  return RAMP[i].map((one, c) => one + (x - i) * (RAMP[i + 1][c] - one));
}

function drawStrips() {
  const choice = $("strip-layer");
  if (choice.options.length !== state.depth) {
    choice.replaceChildren(...Array.from({ length: state.depth }, (_, l) => element("option", { value: l }, `${activationName()}${l + 1}`)));
    choice.value = state.depth - 1;
  }
  const l = Number(choice.value), strips = $("strips"), zerosHeight = 6;
  if (strips.dataset.run !== String(race.run)) {
    strips.replaceChildren(...race.starts.map((one) => element("figure", {}, element("figcaption", {}, one.label),
      element("canvas", { role: "img", width: 1, height: BINS.count + zerosHeight }))));
    strips.dataset.run = race.run;
  }
  const columns = Math.max(race.history.length, 1);
  race.starts.forEach((one, k) => {
    const canvas = strips.children[k].lastChild, height = BINS.count + zerosHeight;
    if (canvas.width !== columns) canvas.width = columns;
    const context = canvas.getContext("2d"), image = context.createImageData(columns, height);
    race.history.forEach(({ spreads }, x) => {
      const bins = spreads[k].pooledBins.subarray(l * WIDTH, (l + 1) * WIDTH);
      const total = Math.max(bins.reduce((a, b) => a + b, 0), 1);
      for (let y = 0; y < height; y++) {
        const bin = y < BINS.count ? bins[BINS.count - y] / 0.2 : bins[0];
        const [r, g, b] = ramp(Math.sqrt(bin / total));
        image.data.set([r, g, b, 255], 4 * (y * columns + x));
      }
    });
    context.putImageData(image, 0, 0);
    const last = race.history.at(-1);
    canvas.setAttribute("aria-label", `${activationName()}${l + 1} under ${one.label} from step 0 to ${race.step}: `
      + (last ? `std ${short(race.history[0].spreads[k].std[l])} at first, ${short(last.spreads[k].std[l])} at last` : "nothing yet"));
  });
}
