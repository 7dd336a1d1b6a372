/* The sliders: the state decides the charts, the sentence, the tables and the hash of the address. */

const data = JSON.parse(document.getElementById("data").textContent);
const { sliders, training } = data;
const $ = (id) => document.getElementById(id);
const DASHES = ["", "7 3", "7 3 2 3", "2 3", "5 2 1 2 1 2", "1 2", "9 3"];
const DECADES = 8;
const look = (label) => data.looks[label] || data.looks[data.labels[0]];
const colour = (label) => `var(--c${look(label).colour})`;

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

const H = 250, LEFT = 52, RIGHT = 12, TOP = 10, BOTTOM = 38;

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

/* A series is {x, y, colour, dash, mark}, with null in y for a missing value. `log` draws log10 of y. */
function chart(svg, { series, xName, xHigh, xLow = 0, log, guide, cursor, limits, width: W = 360 }) {
  const values = series.flatMap((one) => one.y).filter((y) => y !== null && Number.isFinite(y) && (!log || y > 0))
    .map((y) => (log ? Math.log10(y) : y));
  if (guide !== undefined) values.push(log ? Math.log10(guide.at) : guide.at);
  let low = Math.min(...values), high = Math.max(...values);
  if (!values.length) [low, high] = [-1, 1];
  const room = Math.max(0.08 * (high - low), log ? 0.15 : 0.3);
  low -= room; high += room;
  if (limits) [low, high] = [Math.max(low, limits[0]), Math.min(high, limits[1])];
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
      parts.push(element("path", { d, style: `fill: var(--paper); stroke: ${one.colour}; stroke-width: 1.8` }));
    }
  }
  if (cursor !== undefined)
    parts.push(element("line", { x1: px(cursor), x2: px(cursor), y1: TOP, y2: H - BOTTOM, style: "stroke: var(--ink)", "stroke-width": 1.5 }));
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
const mark = (label) => element("path", { d: shape(look(label).mark, 15, 7),
  style: `fill: var(--paper); stroke: ${colour(label)}; stroke-width: 1.8` });

/* ---- the state, which the hash of the address stores ---- */

const last = training.steps.length;  // of the slider: 0 is before training, i is after training.steps[i - 1]
const state = { setting: 0, law: "fan_in", size: 1, depth: 4, step: 0 };
const deepest = Math.max(50, ...sliders.settings.map((one) => one.hidden.length));

function applyPreset(i) {
  const one = sliders.settings[i];
  Object.assign(state, { setting: i, depth: one.hidden.length }, one.law ? { law: one.law, size: one.size } : {});
}

function fromHash() {
  const words = new URLSearchParams(location.hash.slice(1)), number = (key, fits) => {
    const value = Number(words.get(key));
    return words.get(key) !== null && Number.isFinite(value) && fits(value) ? value : state[key];
  };
  if (!words.size && location.hash) return;  // a link to a section of the page
  state.setting = number("setting", (i) => Number.isInteger(i) && i >= 0 && i < sliders.settings.length);
  if (words.get("law") in LAWS) state.law = words.get("law");
  state.size = number("size", (size) => size >= 1e-3 / 2 && size <= 20);
  state.depth = number("depth", (depth) => Number.isInteger(depth) && depth >= 1 && depth <= deepest);
  state.step = number("step", (step) => Number.isInteger(step) && step >= 0 && step <= last);
}

function toHash() {
  const words = new URLSearchParams(state);
  history.replaceState(null, "", `#${words}`);
}

/* ---- try it ---- */

function drawPrediction() {
  const setting = sliders.settings[state.setting], name = sliders.activations[setting.activation].name;
  const prediction = predict(sliders, setting, state.law, state.size, state.depth);
  $("size").value = Math.log10(state.size);
  $("size-says").textContent = `${LAWS[state.law].sign} = ${short(state.size)}`;
  $("size").setAttribute("aria-valuetext", $("size-says").textContent);
  $("depth").value = state.depth;
  $("depth-says").textContent = String(state.depth);
  $("law").value = state.law;
  $("activation").value = setting.activation;
  for (const button of document.querySelectorAll(".presets button")) {
    const one = sliders.settings[button.value];
    const here = Number(button.value) === state.setting && one.law === state.law && Math.abs(one.size / state.size - 1) < 1e-4
      && one.hidden.length === state.depth;
    button.setAttribute("aria-pressed", String(here));
  }
  const plain = !setting.step || setting.step.moves ? "" : " (The steps here are those of SGD, without the hooks of the runs' optimizer.)";
  $("sentence").replaceChildren(...raised(`${state.depth} layer${state.depth > 1 ? "s" : ""} of ${name}, ${LAWS[state.law].sign} = `
    + `${short(state.size)}: ${prediction.outlook}`), plain);
  const places = Array.from({ length: state.depth + 1 }, (_, i) => i + 1), xHigh = Math.max(state.depth, 2) + 0.5;
  const shown = sliders.settings.filter((one) => one.activation === setting.activation);
  const marks = (key) => shown.map((one) => ({
    x: sliders.measured[one.label][key].map((_, i) => i + 1), y: sliders.measured[one.label][key],
    colour: colour(one.label), mark: look(one.label).mark }));
  const line = (y, more = {}) => ({ x: places, y, colour: "var(--ink)", dots: state.depth < 13, ...more });
  const around = (values) => {
    const start = Math.log10(values.find((value) => value > 0) || 1);
    return [start - DECADES, start + DECADES];
  };
  const std = prediction.activations.map((one) => one.std), within = prediction.activations.map((one) => one.within);
  const gradient = prediction.activations.map((one) => one.gradient), ratio = prediction.steps.map((one) => one.ratio);
  chart($("std-chart"), { series: [line(within, { dash: "4 4", width: 1.5, dots: false }), line(std), ...marks("std")],
    xName: "layer", xLow: 0.5, xHigh, log: true, limits: around(std) });
  chart($("gradient-chart"), { series: [line(gradient), ...marks("grad_rms")], xName: "layer", xLow: 0.5, xHigh, log: true,
    limits: around([...gradient].reverse()) });
  chart($("ratio-chart"), { series: [line(ratio), ...marks("update_ratio")], xName: "layer with a weight", xLow: 0.5,
    xHigh: xHigh + 1, guide: { at: -3, words: "trains well" }, limits: [-11.5, 5.5] });
  $("std-words").textContent = `Theory: pooled (solid) from ${short(std[0])} to ${short(std.at(-1))}; within a unit (dashed) `
    + `from ${short(within[0])} to ${short(within.at(-1))}.`;
  $("gradient-words").textContent = `Rms of ∂loss/∂activation: ${short(gradient[0])} in the first layer, `
    + `${short(gradient.at(-1))} in the last.`;
  const known = ratio.filter((one) => one !== null);
  $("ratio-words").textContent = known.length
    ? `${setting.step && setting.step.moves ? "log10(rms(step) / rms(W))" : `log10(lr · rms(dW) / rms(W)) at lr ${short(setting.lr)}`}: from ${minus(Math.min(...known), 1)} to ${minus(Math.max(...known), 1)}.`
    : "No gradient reaches the weights.";
  $("try-key").replaceChildren(legend([stroke("var(--ink)")], "theory, with these sliders"),
    ...shown.map((one) => legend([mark(one.label)], `${one.label}, measured`)));
  table($("try-table"), "The prediction, layer by layer", ["layer", "std", "within a unit", "gradient", "weights before it", "std of the weights", "log10 step/W"],
    [...prediction.activations, { name: "scores" }].map((one, i) => [one.name, short(one.std), short(one.within), short(one.gradient),
      prediction.steps[i].name, short(prediction.steps[i].std), ratio[i] === null ? "-" : minus(ratio[i], 2)]));
}

/* ---- move through the training ---- */

function nearest(snapshots, step) {
  return snapshots.reduce((a, b) => (Math.abs(b.step - step) < Math.abs(a.step - step) ? b : a));
}

function drawTraining() {
  const step = state.step ? training.steps[state.step - 1] : 0, end = training.steps.at(-1);
  $("step").value = state.step;
  $("step-says").textContent = step ? `${step.toLocaleString("en")} of ${end.toLocaleString("en")}` : "before training";
  $("step").setAttribute("aria-valuetext", $("step-says").textContent);
  const series = [];
  data.labels.forEach((label) => {
    const whole = { x: training.steps, colour: colour(label), dash: DASHES[look(label).dash] };
    const y = training.loss[label].map((one) => (one === null ? null : Math.max(one, 1e-8)));
    series.push({ ...whole, y: y.map((one, j) => (j < Math.max(state.step, 1) ? one : null)), width: 2.4 });
    series.push({ ...whole, y, width: 0.9, colour: `color-mix(in srgb, ${colour(label)} 45%, transparent)` });
  });
  const guess = Math.log(data.classes);
  chart($("curve-chart"), { series, xName: "step", xHigh: end, log: true, width: 560, cursor: step, limits: [-8, Math.log10(3 * guess)],
    guide: { at: guess, words: `a guess: ln ${data.classes}` } });
  const at = Math.max(state.step - 1, 0);
  const losses = data.labels.map((label) => training.loss[label][at]);
  $("curve-words").textContent = data.labels.map((label, i) => `${label}: ${losses[i] === null ? "diverged" : short(losses[i])}`).join("; ") + ".";
  const rows = [], lists = data.labels.map((label) => {
    const moment = nearest(training.snapshots[label], step), items = moment.layers.map((layer) => {
      rows.push([label, moment.step.toLocaleString("en"), layer.name, short(layer.std), short(layer.within), layer.words || "-"]);
      return histogram(label, moment, layer);
    });
    return element("ul", { class: "row", "aria-label": label }, element("li", { class: "label" }, label), ...items);
  });
  $("snapshots").replaceChildren(...lists);
  $("training-key").replaceChildren(...data.labels.map((label) => legend([stroke(colour(label), DASHES[look(label).dash]), mark(label)], label)));
  const moments = [...new Set(data.labels.flatMap((label) => training.snapshots[label].map((one) => one.step)))].sort((a, b) => a - b);
  const near = [...new Set(data.labels.map((label) => nearest(training.snapshots[label], step).step))];
  const listed = (steps) => steps.map((one) => one.toLocaleString("en")).join(", ").replace(/, ([^ ]*)$/, " and $1");
  $("snapshot-words").textContent = `As recorded at step ${listed(near)}, the nearest of ${listed(moments)}. The height of a bar is the `
    + "square root of its share, so that small bars stay visible.";
  const now = data.labels.map((label) => nearest(training.snapshots[label], step).std);
  const deep = Math.max(...now.map((one) => one.length), 2);
  chart($("now-chart"), { series: now.flatMap((y, i) => {
    const one = { x: y.map((_, j) => j + 1), y, colour: colour(data.labels[i]) };
    return [{ ...one, dash: DASHES[look(data.labels[i]).dash] }, { ...one, mark: look(data.labels[i]).mark }];
  }), xName: "layer", xLow: 0.5, xHigh: deep + 0.5, log: true, limits: [-12, 12] });
  $("now-words").textContent = data.labels.map((label, i) => `${label}: ${short(now[i][0])} to ${short(now[i].at(-1))}`).join("; ")
    + `, at step ${listed(near)}.`;
  table($("training-table"), "Losses and activations at this step", ["initializer", "recorded at step", "layer", "std", "within a unit", "shares", "loss at the slider"],
    rows.map((row) => [...row, short(losses[data.labels.indexOf(row[0])])]));
}

function histogram(label, moment, layer) {
  const width = 160, height = 74, bar = width / layer.shares.length, top = Math.sqrt(Math.max(...layer.shares, 1));
  const bars = layer.shares.map((share, i) => {
    const h = Math.sqrt(share) / top * (height - 16);
    return share ? element("rect", { class: "bar", x: (i * bar).toFixed(2), width: bar.toFixed(2), y: (height - 14 - h).toFixed(2), height: h.toFixed(2),
      style: `fill: ${colour(label)}` }) : "";
  });
  const says = `std ${short(layer.std)}, within ${short(layer.within)}`;
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Histogram of ${layer.name} under ${label}, step ${moment.step}: ${says}${layer.words ? ", " + layer.words : ""}` },
    ...bars.filter(Boolean), element("line", { x1: 0, x2: width, y1: height - 14, y2: height - 14, style: "stroke: var(--line)" }),
    element("text", { x: 0, y: height - 2, "font-size": 10.5, style: "fill: var(--soft)" }, short(training.low)),
    element("text", { x: width, y: height - 2, "font-size": 10.5, "text-anchor": "end", style: "fill: var(--soft)" }, short(training.high)));
  return element("li", {}, element("p", {}, `${layer.name}: ${says}`), svg, element("p", {}, layer.words));
}

/* ---- start ---- */

function draw() {
  if (sliders.settings.length) drawPrediction();
  drawTraining();
}

function start() {
  $("depth").max = deepest;
  $("step").max = last;
  for (const [name, law] of Object.entries(LAWS)) $("law").append(element("option", { value: name }, law.name));
  sliders.activations.forEach((one, i) => $("activation").append(element("option", { value: i }, one.name)));
  $("activation-choice").hidden = sliders.activations.length < 2;
  sliders.settings.forEach((one, i) => {
    if (one.law) $("try").querySelector(".presets").append(element("button", { type: "button", value: i, "aria-pressed": "false" }, one.label));
  });
  if (sliders.settings.length) applyPreset(sliders.best);
  fromHash();
  const changed = (change) => (event) => {
    change(event.target);
    state.size = Number(state.size.toPrecision(7));  // short in the hash
    if (event.target.id === "step") drawTraining();
    else drawPrediction();
    toHash();
  };
  $("size").addEventListener("input", changed((slider) => { state.size = 10 ** Number(slider.value); }));
  $("depth").addEventListener("input", changed((slider) => { state.depth = Number(slider.value); }));
  $("step").addEventListener("input", changed((slider) => { state.step = Number(slider.value); }));
  $("law").addEventListener("change", changed((choice) => {  // another law, with the same std in the hidden layers
    const n = sliders.settings[state.setting].hidden.at(-1), std = state.size * LAWS[state.law].unit(n, n);
    state.law = choice.value;
    state.size = Math.min(Math.max(std / LAWS[state.law].unit(n, n), 1e-3), 10);
  }));
  $("activation").addEventListener("change", changed((choice) => {
    state.setting = sliders.settings.findIndex((one) => one.activation === Number(choice.value));
  }));
  $("try").addEventListener("click", (event) => {
    if (event.target.matches(".presets button")) changed((button) => applyPreset(Number(button.value)))(event);
  });
  document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));
  window.addEventListener("hashchange", () => { fromHash(); draw(); });
  $("try").hidden = !sliders.settings.length;
  $("training").hidden = false;
  draw();
}

start();
