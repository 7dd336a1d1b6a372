/* Inside one network: an image on its way through the layers, where the number of one unit comes from, and the first weights. */

const looked = { start: 0, row: null, layer: 0, unit: 0, weights: 12 };
const THUMBS = 10, PER_LINE = 20;

const follow = () => send({ kind: "look", look: { ...looked, start: Math.min(looked.start, race.starts.length - 1) } });

/* Blue below 0, orange above, and the paper's colour at 0. */
function signed(t, dark) {
  const zero = dark ? [23, 27, 33] : [255, 255, 255], end = t < 0 ? [0, 114, 178] : [213, 94, 0], s = Math.min(Math.abs(t), 1);
  return zero.map((one, c) => one + s * (end[c] - one));
}

function paint(canvas, values, width, colourOf) {
  const height = Math.ceil(values.length / width);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  values.forEach((value, i) => image.data.set([...colourOf(value), 255], 4 * i));
  context.putImageData(image, 0, 0);
}

const isDark = () => matchMedia("(prefers-color-scheme: dark)").matches;
const grey = (value) => { const one = isDark() ? 255 * value : 255 * (1 - value); return [one, one, one]; };
const largest = (values) => values.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-30);
const imageWidth = () => playground.digits.side[1];

/* The images to choose from: the first of each class among the test images, or ten others. */
function drawThumbs(from) {
  const { train, test, n } = playground.digits, rows = Array.from({ length: Math.min(THUMBS, test) }, (_, i) => train + (from + i) % test);
  $("thumbs").replaceChildren(...rows.map((row) => {
    const canvas = element("canvas", { "aria-hidden": "true" });
    paint(canvas, [...levels.subarray(row * n, (row + 1) * n)].map((one) => one / 15), imageWidth(), grey);
    const button = element("button", { type: "button", value: row, "aria-pressed": String(row === looked.row), "aria-label": `Test image ${row - train + 1}` }, canvas);
    return button;
  }));
}

const probabilities = (scores) => {
  const highest = Math.max(...scores), e = [...scores].map((one) => Math.exp(one - highest)), sum = e.reduce((a, b) => a + b, 0);
  return e.map((one) => one / sum);
};

/* One strip for each layer; the arrow keys move through its units. */
function buildPath(found) {
  const strips = found.y.slice(0, -1).map((_, l) => element("li", {}, element("span", {}, `${activationName()}${l + 1}`),
    element("canvas", { tabindex: 0, role: "slider", "aria-label": `Unit of ${activationName()}${l + 1}`, "aria-valuemin": 1, "data-layer": l })));
  $("path").replaceChildren(...strips);
  $("scores").replaceChildren(...Array.from(found.y.at(-1), (_, c) => element("li", {}, element("span", {}, String(c)),
    element("span", { class: "bar-room" }, element("span", { class: "score-bar" })), element("output", {}, ""))));
}

function drawInside() {
  const found = race.look;
  if (!found || !race.starts[found.start]) return;
  const key = `${race.run} ${found.y.length}`, dark = isDark();
  if ($("path").dataset.key !== key) { buildPath(found); $("path").dataset.key = key; }
  paint($("digit"), [...found.pixels], imageWidth(), grey);
  $("digit").setAttribute("aria-label", `The image, which shows a ${found.label}`);
  found.y.slice(0, -1).forEach((values, l) => {
    const canvas = $("path").children[l].lastChild, most = largest(values), chosen = l === found.layer;
    paint(canvas, [...values], PER_LINE, (one) => signed(one / most, dark));
    const unit = chosen ? found.unit : 0;
    canvas.classList.toggle("chosen", chosen);
    canvas.setAttribute("aria-valuemax", values.length);
    canvas.setAttribute("aria-valuenow", unit + 1);
    canvas.setAttribute("aria-valuetext", `unit ${unit + 1} of ${values.length}: ${short(values[unit])}`);
    if (chosen) {  // a frame around the unit
      canvas.style.setProperty("--unit-x", unit % PER_LINE);
      canvas.style.setProperty("--unit-y", Math.floor(unit / PER_LINE));
    }
  });
  const p = probabilities(found.y.at(-1)), best = p.indexOf(Math.max(...p));
  p.forEach((one, c) => {
    const line = $("scores").children[c], value = Number.isFinite(one) ? one : 0;
    line.querySelector(".score-bar").style.width = `${100 * value}%`;
    line.lastChild.textContent = Number.isFinite(one) ? shareOf(one) : "-";
    line.classList.toggle("right", c === found.label);
  });
  const name = race.starts[found.start].label;
  $("path-words").textContent = Number.isFinite(p[best])
    ? `Under ${name}, after ${race.step.toLocaleString("en")} steps, the network says ${best} (${shareOf(p[best])}); the image shows a ${found.label}.`
    : `Under ${name} the numbers are no longer finite.`;
  drawUnit(found, dark);
  drawWeights(found, dark);
}

/* The products of one unit, their sum, what size theory expects of the sum, and what follows. */
function drawUnit(found, dark) {
  const { layer, unit, column, bias } = found, inputs = layer ? found.y[layer - 1] : found.pixels, n = column.length;
  const products = Array.from(column, (w, i) => w * inputs[i]), sum = products.reduce((a, b) => a + b, 0);
  const size = (values) => Math.sqrt(values.reduce((all, one) => all + one * one, 0) / values.length);
  const w = size([...column]), x = size([...inputs]), most = largest(products);
  paint($("products"), products, layer ? PER_LINE : imageWidth(), (one) => signed(one / most, dark));
  $("products").setAttribute("aria-label", `The ${n} products of unit ${unit + 1}: from ${short(Math.min(...products))} to ${short(Math.max(...products))}`);
  const from = layer ? `${activationName()}${layer}` : "the image", y = found.y[layer][unit];
  const next = found.next.length ? `To each of the ${found.next.length} units of the next layer it goes times a weight, from `
    + `${short(y * Math.min(...found.next))} to ${short(y * Math.max(...found.next))}.` : "";
  $("unit-words").replaceChildren(...[
    ["Unit", `${unit + 1} of Affine${layer + 1} has ${n} weights, one for each number of ${from}.`],
    ["Sum of products", `${short(sum)}${bias ? `, plus the bias ${short(bias)}` : ", and the bias is 0"}: x = ${short(sum + bias)}.`],
    ["Expected size", `√n · rms(w) · rms(input) = √${n} · ${short(w)} · ${short(x)} = ${short(Math.sqrt(n) * w * x)}: `
      + "a sum of n numbers with random signs is √n times as large as one of them."],
    [activationName(), `φ(${short(sum + bias)}) = ${short(y)}. ${next}`],
  ].flatMap(([term, words]) => [element("dt", {}, term), element("dd", {}, words)]));
}

function drawWeights(found, dark) {
  const place = $("first-weights");
  if (place.children.length !== found.weights.length)
    place.replaceChildren(...found.weights.map(() => element("canvas", { "aria-hidden": "true" })));
  const most = Math.max(...found.weights.map((one) => largest(one)));
  found.weights.forEach((values, i) => paint(place.children[i], [...values], imageWidth(), (one) => signed(one / most, dark)));
  $("weights-words").textContent = `The weights into the first ${found.weights.length} units under ${race.starts[found.start].label}: `
    + `blue is below 0, orange above, and the deepest colour is ±${short(most)}.`;
}

function startInside() {
  drawThumbs(0);
  looked.row = playground.digits.train;
  $("thumbs").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    looked.row = Number(button.value);
    for (const one of $("thumbs").children) one.setAttribute("aria-pressed", String(one === button));
    follow();
  });
  let from = 0;
  $("other-images").addEventListener("click", () => { from = (from + THUMBS) % playground.digits.test; drawThumbs(from); });
  $("look-start").addEventListener("change", (event) => { looked.start = Number(event.target.value); follow(); });
  const choose = (canvas, unit) => {
    const count = race.look.y[canvas.dataset.layer].length;
    Object.assign(looked, { layer: Number(canvas.dataset.layer), unit: Math.min(Math.max(unit, 0), count - 1) });
    follow();
  };
  $("path").addEventListener("click", (event) => {
    const canvas = event.target;
    if (canvas.tagName !== "CANVAS" || !race.look) return;
    const box = canvas.getBoundingClientRect();
    const x = Math.floor((event.clientX - box.left) / box.width * canvas.width), y = Math.floor((event.clientY - box.top) / box.height * canvas.height);
    choose(canvas, y * PER_LINE + x);
  });
  const keys = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -PER_LINE, ArrowDown: PER_LINE, Enter: 0 };
  $("path").addEventListener("keydown", (event) => {
    if (!(event.key in keys) || !race.look) return;
    event.preventDefault();
    const here = looked.layer === Number(event.target.dataset.layer);
    choose(event.target, here ? looked.unit + keys[event.key] : 0);
  });
}
