/* "Move through the training": the step decides the charts, the histograms, the table and its word in the address. */

const { training } = data;
const last = training.steps.length;  // of the slider: 0 is before training, i is after training.steps[i - 1]
const look = (label) => data.looks[label] || data.looks[data.labels[0]];
const colour = (label) => ink(look(label).colour);
const mark = (label) => element("path", { d: shape(look(label).mark, 15, 7),
  style: `fill: var(--paper); stroke: ${colour(label)}; stroke-width: 1.8` });
let shownStep = 0;

/* ---- move through the training ---- */

function nearest(snapshots, step) {
  return snapshots.reduce((a, b) => (Math.abs(b.step - step) < Math.abs(a.step - step) ? b : a));
}

function drawTraining() {
  const step = shownStep ? training.steps[shownStep - 1] : 0, end = training.steps.at(-1);
  $("step").value = shownStep;
  $("step-says").textContent = step ? `${step.toLocaleString("en")} of ${end.toLocaleString("en")}` : "before training";
  $("step").setAttribute("aria-valuetext", $("step-says").textContent);
  const series = [];
  data.labels.forEach((label) => {
    const whole = { x: training.steps, colour: colour(label), dash: DASHES[look(label).dash] };
    const y = training.loss[label].map((one) => (one === null ? null : Math.max(one, 1e-8)));
    series.push({ ...whole, y: y.map((one, j) => (j < Math.max(shownStep, 1) ? one : null)), width: 2.4 });
    series.push({ ...whole, y, width: 0.9, colour: `color-mix(in srgb, ${colour(label)} 45%, transparent)` });
  });
  const guess = Math.log(data.classes);
  chart($("curve-chart"), { series, xName: "step", xHigh: end, log: true, cursor: step, limits: [-8, Math.log10(3 * guess)],
    guide: { at: guess, words: `a guess: ln ${data.classes}` } });
  const at = Math.max(shownStep - 1, 0);
  const losses = data.labels.map((label) => training.loss[label][at]);
  $("curve-words").textContent = data.labels.map((label, i) => `${label}: ${losses[i] === null ? training.ended[label] : short(losses[i])}`).join("; ") + ".";
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

function readStep() {
  shownStep = numberFrom(fromAddress(), "step", (step) => Number.isInteger(step) && step >= 0 && step <= last, shownStep);
}

function startTraining() {
  $("step").max = last;
  readStep();
  $("step").addEventListener("input", (event) => {
    shownStep = Number(event.target.value);
    drawTraining();
    toAddress({ step: shownStep });
  });
  document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => event.preventDefault()));
  window.addEventListener("hashchange", () => { readStep(); drawTraining(); });
  $("training").hidden = false;
  let width = 0;
  new ResizeObserver(() => {
    if ($("training").clientWidth === width) return;
    width = $("training").clientWidth;
    drawTraining();
  }).observe($("training"));
  drawTraining();
}

startTraining();
