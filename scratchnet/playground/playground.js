/* The playground: the state decides what theory draws, the race what is drawn over it. Each part is drawn only when it changes. */

const DECADES = 8;
const drawing = { due: new Set(), away: new Set(), timer: null };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const why = (() => {  // the page cannot train this: why not
  if (!playground.digits) return () => "The page has no images to train on: it takes images of bytes, such as MNIST’s, if it has room for them.";
  return () => {
    const activation = playground.activations[state.activation], optimizer = playground.optimizers[state.optimizer];
    if (!activation.parameters) return `The page predicts ${activation.name} but cannot train it, since it knows only the activations of scratchnet.`;
    if (!optimizer.engine) return `The page cannot train with ${optimizer.name}, since it knows only scratchnet’s optimizers at a constant rate, without hooks.`;
    return "";
  };
})();
const canTrain = () => !why() && !race.failed && race.starts.length > 0;

/* ---- theory, and what is drawn over it ---- */

function drawTheory() {
  const chosen = chosenSetting(), starts = race.starts, prediction = predictStart(state);
  drawControls();
  const plain = !chosen.step || chosen.step.moves ? "" : " (The steps here are those of SGD, without the hooks of the runs' optimizer.)";
  $("sentence").replaceChildren(...raised(`${state.depth} layer${state.depth > 1 ? "s" : ""} of ${activationName()}, `
    + `${sizeWords(state.law, state.size)}: ${prediction.outlook}`), plain);
  const places = Array.from({ length: state.depth + 1 }, (_, i) => i + 1), xHigh = Math.max(state.depth, 2) + 0.5;
  const shown = playground.settings.filter((one) => one.activation === state.activation && playground.measured[one.label]);
  const marks = (key) => shown.map((one) => ({ x: playground.measured[one.label][key].map((_, i) => i + 1),
    y: playground.measured[one.label][key], colour: ink(one.colour), mark: one.mark }));
  const others = starts.filter((one) => !one.own).map((one) => ({ ...one, theory: predictStart(one) }));
  const line = (y, more = {}) => ({ x: places, y, colour: "var(--ink)", dots: state.depth < 13, ...more });
  const lines = (pick) => others.map((one) => line(pick(one.theory), { colour: ink(one.colour), dash: DASHES[one.dash], dots: false }));
  const live = (pick) => !race.spreads ? [] : race.spreads.flatMap((spread, k) => (spread.alive ? [
    { x: places, y: pick(spread), colour: ink(starts[k].colour), fill: ink(starts[k].colour), mark: starts[k].mark }] : []));
  const around = (values) => {
    const start = Math.log10(values.find((value) => value > 0) || 1);
    return [start - DECADES, start + DECADES];
  };
  const std = prediction.activations.map((one) => one.std), within = prediction.activations.map((one) => one.within);
  const gradient = prediction.activations.map((one) => one.gradient), ratio = prediction.steps.map((one) => one.ratio);
  const gradientOf = (spread) => spread.gradients.map((one) => one / playground.inputs.rows);
  const layer = { xName: "layer", xLow: 0.5, xHigh, log: true };
  chart($("std-chart"), { ...layer, series: [line(within, { dash: "4 4", width: 1.5, dots: false }), line(std),
    ...lines((one) => one.activations.map(({ std }) => std)), ...marks("std"), ...live((one) => one.std)], limits: around(std) });
  chart($("gradient-chart"), { ...layer, series: [line(gradient), ...lines((one) => one.activations.map(({ gradient }) => gradient)),
    ...marks("grad_rms"), ...live(gradientOf)], limits: around([...gradient].reverse()) });
  chart($("ratio-chart"), { series: [line(ratio), ...lines((one) => one.steps.map(({ ratio }) => ratio)), ...marks("update_ratio"),
    ...live((one) => one.ratios.map((ratio) => (ratio > 0 ? Math.log10(ratio) : null)))], xName: "layer with a weight", xLow: 0.5,
    xHigh: xHigh + 1, guide: { at: -3, words: "trains well" }, limits: [-11.5, 5.5] });
  $("std-words").textContent = `Theory: pooled (solid) from ${short(std[0])} to ${short(std.at(-1))}; within a unit (dashed) `
    + `from ${short(within[0])} to ${short(within.at(-1))}.`;
  $("gradient-words").textContent = `Rms of ∂loss/∂activation: ${short(gradient[0])} in the first layer, `
    + `${short(gradient.at(-1))} in the last.`;
  const known = ratio.filter((one) => one !== null);
  $("ratio-words").textContent = known.length
    ? `${chosen.step && chosen.step.moves ? "log10(rms(step) / rms(W))" : `log10(lr · rms(dW) / rms(W)) at lr ${short(state.lr)}`}: from ${minus(Math.min(...known), 1)} to ${minus(Math.max(...known), 1)}.`
      + (prediction.narrow ? ` The layers are narrow for ${playground.inputs.rows.toLocaleString("en")} images, so the last ones move further than theory says.` : "")
    : "No gradient reaches the weights.";
  const dot = (one, fill) => element("path", { d: shape(one.mark, 15, 7), style: `fill: ${fill}; stroke: ${ink(one.colour)}; stroke-width: 1.8` });
  $("try-key").replaceChildren(legend([stroke("var(--ink)")], "theory, with these sliders"),
    ...starts.map((one) => legend([...(one.own ? [] : [stroke(ink(one.colour), DASHES[one.dash])]), dot(one, ink(one.colour))],
      `${one.label}, ${one.own ? "in this race" : "theory and this race"}`)),
    ...shown.map((one) => legend([dot(one, "var(--paper)")], `${one.label}, measured in the run`)));
  table($("try-table"), "The prediction, layer by layer", ["layer", "std", "within a unit", "gradient", "weights before it", "std of the weights", "log10 step/W"],
    [...prediction.activations, { name: "scores" }].map((one, i) => [one.name, short(one.std), short(one.within), short(one.gradient),
      prediction.steps[i].name, short(prediction.steps[i].std), ratio[i] === null ? "-" : minus(ratio[i], 2)]));
}

function drawControls() {
  const says = { size: sizeWords(state.law, state.size), depth: String(state.depth), lr: short(state.lr) };
  $("size").value = Math.log10(state.size);
  $("depth").value = state.depth;
  $("lr").value = Math.log10(state.lr);
  for (const [id, words] of Object.entries(says)) { $(`${id}-says`).textContent = words; $(id).setAttribute("aria-valuetext", words); }
  for (const id of ["law", "activation", "optimizer", "batch", "seed"]) $(id).value = state[id];
  const { name, lr } = playground.optimizers[state.optimizer], rate = state.lr === lr ? "" : ` with the rate ${short(state.lr)}`;
  $("training-setting").textContent = `How it trains: ${name}${rate}, ${state.batch} images per step, seed ${state.seed}`;
  for (const button of document.querySelectorAll("#settings .presets button")) button.setAttribute("aria-pressed", String(isPreset(Number(button.value))));
}

/* ---- the race ---- */

/* The rising ends of the step axis. */
const axisEnd = (steps) => [50, 100, 200, 500, 1000, 2000, 5000, 1e4].find((one) => one >= steps) || steps;

function drawLoss() {
  const guess = Math.log(playground.classes), top = 3 * guess, xHigh = axisEnd(Math.max(race.step, ...expectedLosses().map((one) => Math.min(one.x.at(-1), 200))));
  const series = expectedLosses();
  race.starts.forEach((one, k) => {
    const count = race.losses[k].length, every = Math.max(Math.ceil(count / 250), 1);
    const x = Array.from({ length: Math.ceil(count / every) }, (_, i) => i * every);
    series.push({ x, y: x.map((i) => lossAround(k, i)), colour: ink(one.colour), dash: DASHES[one.dash], width: 2.4 });
  });
  const losses = race.starts.map((one, k) => race.smooth[k].at(-1));
  const beyond = race.starts.flatMap((one, k) => (race.diverged[k] !== null ? [`${one.label} diverged at step ${race.diverged[k]}`]
    : losses[k] > top ? [`${one.label} is above: ${short(losses[k])}`] : []));
  chart($("loss-live-chart"), { series, xName: "step", xHigh, limits: [0, top], fixed: true,
    guide: { at: guess, words: `a guess: ln ${playground.classes}` }, beyond: beyond.join("; ") });
  $("loss-live-words").textContent = `Mean of about 10 batches. The axis ends at 3 ln ${playground.classes}. ${beyond.length ? `${beyond.join("; ")}.` : ""}`
    + (series.length > race.starts.length ? " Thin black lines were predicted before training." : "");
  drawRaceTable(losses);
}

/* Theory's loss curves, where this race trains as the runs that they were predicted for. */
function expectedLosses() {
  return race.starts.flatMap((one) => {
    const run = playground.settings.find(({ label, law, size }) => playground.losses[label] && law === one.law && size === one.size);
    const known = run && playground.losses[run.label];
    return known && isTraining(run) ? [{ x: known.steps, y: known.losses, colour: "var(--ink)", width: 1.2 }] : [];
  });
}

function drawRaceTable(losses) {
  const place = (k) => (race.diverged[k] !== null ? `diverged, ${race.diverged[k]}` : race.learned[k] === null ? "not yet"
    : `step ${race.learned[k]}`);
  table($("race-table"), "The race, start by start", ["start", "loss", "accuracy", "learned"], race.starts.map((one, k) => [
    one.label, Number.isFinite(losses[k]) ? short(losses[k]) : race.step ? "not finite" : "-",
    race.accuracies && race.diverged[k] === null ? race.accuracies[k].toFixed(3) : "-", race.step ? place(k) : "-"]));
}

/* What has happened so far, in one or two sentences. It changes only when something happens. */
function drawNews() {
  const order = learners(), name = (k) => race.starts[k].label, ended = race.step >= race.until;
  const words = [];
  if (race.failed) words.push(race.failed);
  else if (why()) words.push(why());
  else if (!race.step) words.push(race.starts.length ? "Ready: no step has been made." : "Choose a start to race.");
  if (order.length) words.push(`${name(order[0])} learned first, at step ${race.learned[order[0]]} (loss below half of ln ${playground.classes}).`);
  race.diverged.forEach((step, k) => { if (step !== null) words.push(`${name(k)} diverged at step ${step}.`); });
  if (ended && !order.length) words.push(`None has learned in ${race.until.toLocaleString("en")} steps.`);
  if (race.guess && race.guess !== "skipped" && (order.length || ended)) {
    const won = order.length ? name(order[0]) : "none of them";
    words.push(race.guess === won ? `You guessed ${won}: right.` : `You guessed ${race.guess}.`);
  }
  if (ended) words.push(`The race ends after ${race.until.toLocaleString("en")} steps.`);
  const said = words.join(" ");
  if ($("news").textContent !== said) $("news").textContent = said;
  $("pace").textContent = `Step ${race.step.toLocaleString("en")}${race.playing && race.rate ? `, ${race.rate.toFixed(0)} steps a second for each of ${race.starts.length}` : ""}`;
  $("play").textContent = race.playing ? "Pause" : "Play";
  for (const id of ["play", "one-step"]) $(id).disabled = !canTrain() || ended;
  $("rewind").disabled = !canTrain();
}

/* ---- when what is drawn ---- */

const PARTS = { theory: drawTheory, map: drawMap, loss: drawLoss, news: drawNews, wall: drawWall, strips: drawStrips, inside: drawInside };

/* Draws these parts with the next frame; with reduced motion twice a second while it trains. */
function redraw(...parts) {
  for (const part of parts) drawing.due.add(part);
  if (drawing.timer !== null) return;
  const later = calm.matches && race.playing ? (draw) => setTimeout(draw, 500) : requestAnimationFrame;
  drawing.timer = later(drawNow);
}

/* While it trains, what is not on the screen waits until it is. */
function drawNow() {
  drawing.timer = null;
  const parts = [...drawing.due].filter((part) => !(race.playing && drawing.away.has(part)));
  for (const part of parts) {
    drawing.due.delete(part);
    if (playground.digits || !["wall", "strips", "inside"].includes(part)) PARTS[part]();
  }
}

const PLACES = { theory: "ratio-chart", wall: "wall", strips: "strips", inside: "path" };
function watchScreen() {
  const partOf = (element) => Object.keys(PLACES).find((part) => PLACES[part] === element.id);
  const watch = new IntersectionObserver((seen) => {
    for (const { target, isIntersecting } of seen) drawing.away[isIntersecting ? "delete" : "add"](partOf(target));
    redraw();
  }, { rootMargin: "400px" });
  for (const id of Object.values(PLACES)) watch.observe($(id));
}

const redrawAll = () => redraw(...Object.keys(PARTS));

function onFrame(message) {
  if (message.kind === "look") return redraw("inside");
  redraw("loss", "news");
  if (message.spreads) redraw("theory", "wall", "strips", "inside");
}

/* A new race with this state; it goes on playing if one was being played. */
function restart() {
  const playing = race.playing;
  rewind();
  drawRacers();
  follow();
  if (playing && canTrain()) play();
  redrawAll();
}

/* ---- start ---- */

async function startPlayground() {
  if (!playground.settings.length) { $("playground").hidden = true; return; }
  fillControls();
  applyPreset(playground.best);
  state.racers = playground.starts.map((_, i) => i).slice(0, MOST_RACERS - 1).join(",");
  readState();
  wire();
  $("playground-body").hidden = false;
  for (const one of document.querySelectorAll("#playground .race, #playground .live")) one.hidden = !playground.digits;
  rewind();
  drawRacers();
  for (const part of ["theory", "map", "loss", "news"]) PARTS[part]();
  if (!playground.digits) return;
  try {
    await startWorker(onFrame);
    startInside();
    restart();
  } catch (error) {
    race.failed = `This browser cannot train here: ${error.message}.`;
  }
  redrawAll();
}

const started = startPlayground();
