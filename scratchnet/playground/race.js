/* The race: a Web Worker trains, and this file keeps what it sends. `onFrame` is called when there is something to draw. */

const race = { run: 0, worker: null, starts: [], step: 0, playing: false, losses: [], smooth: [], spreads: null, accuracies: null,
               history: [], learned: [], rate: 0, look: null, speed: "fast", until: 2000, guess: null, failed: "" };
const MOMENTS = 240, MEMORY = 0.9;
let levels = null;  // of the pixels, 0 to 15

async function unpackDigits() {
  const { pixels, labels, n } = playground.digits, bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes(pixels)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer()), all = bytes(labels);
  levels = new Uint8Array(all.length * n);
  for (let i = 0; i < levels.length; i++) levels[i] = i % 2 ? packed[i >> 1] & 15 : packed[i >> 1] >> 4;
  return { pixels: Float32Array.from(levels, (one) => one / 15), labels: all, n };
}

async function startWorker(onFrame) {
  const program = new Blob([`${makeFormulas}\n${makeNetworks}\n${makeEngine}\nmakeEngine().serve(self);`], { type: "text/javascript" });
  const worker = new Worker(URL.createObjectURL(program));
  worker.onmessage = ({ data: message }) => { receive(message); onFrame(message); };
  worker.onerror = (event) => { race.failed = `The training has stopped: ${event.message}.`; onFrame({ kind: "failed" }); };
  const digits = await unpackDigits();
  worker.postMessage({ kind: "digits", ...digits }, [digits.pixels.buffer]);
  race.worker = worker;
}

const send = (message) => race.worker && race.worker.postMessage(message);

/* The start of a race, with the numbers of this seed. */
function rewind() {
  const starts = raceStarts(), count = starts.length;
  Object.assign(race, { run: race.run + 1, starts, step: 0, playing: false, rate: 0, spreads: null, accuracies: null, history: [],
    losses: starts.map(() => []), smooth: starts.map(() => []), learned: Array(count).fill(null), diverged: Array(count).fill(null) });
  const { parameters } = playground.activations[state.activation];
  send({ kind: "race", run: race.run, setting: {
    sizes: sizes(), starts: starts.map(({ stds }) => ({ stds })), seed: state.seed, batch: state.batch,
    trainRows: playground.digits.train, shift: playground.activations[state.activation].shift, biasStds: biasStds(),
    activation: { name: activationName(), parameters }, optimizer: { ...playground.optimizers[state.optimizer].engine, lr: state.lr } } });
}

function play() {
  race.playing = true;
  send({ kind: "play", until: race.until, delay: CHOICES.speed[race.speed] });
}

function pause() {
  race.playing = false;
  send({ kind: "pause" });
}

const half = () => Math.log(playground.classes) / 2;  // a loss below this counts as learned

function receive(message) {
  if (message.run !== race.run) return;  // of a race that was rewound
  if (message.look) race.look = message.look;
  if (message.kind !== "frame") return;
  const count = race.starts.length, steps = message.losses.length / count;
  for (let i = 0; i < steps; i++) {
    for (let k = 0; k < count; k++) addLoss(k, message.losses[i * count + k]);
  }
  if (race.playing && !message.playing) race.playing = false;
  race.step = message.step;
  race.rate = message.rate || race.rate;
  race.accuracies = message.accuracies || race.accuracies;
  if (!message.spreads) return;
  race.spreads = message.spreads;
  race.history.push({ step: message.step, spreads: message.spreads });
  if (race.history.length > MOMENTS) race.history = race.history.filter((_, i) => i % 2 === 0);
}

/* Keeps a loss, and the mean of the last ones, whose weights fall by a factor MEMORY. */
function addLoss(k, loss) {
  const { losses, smooth } = race, n = losses[k].length, all = 1 - MEMORY ** (n + 1);
  losses[k].push(loss);
  if (!Number.isFinite(loss)) {
    race.diverged[k] ??= n;
    smooth[k].push(null);
    return;
  }
  const before = n ? smooth[k][n - 1] * (1 - MEMORY ** n) : 0;
  smooth[k].push((MEMORY * before + (1 - MEMORY) * loss) / all);
  if (smooth[k][n] < half()) race.learned[k] ??= n;
}

/* The mean of the loss around a step, over at most 11 steps, as many before it as after it: so it does not lag behind. */
function lossAround(k, i) {
  const losses = race.losses[k], reach = Math.min(5, i, losses.length - 1 - i);
  let sum = 0;
  for (let j = i - reach; j <= i + reach; j++) sum += losses[j];
  return Number.isFinite(sum) ? sum / (2 * reach + 1) : null;
}

/* The order in which the starts learned: their numbers. */
const learners = () => race.learned.map((step, k) => [step, k]).filter(([step]) => step !== null)
  .sort((a, b) => a[0] - b[0]).map(([, k]) => k);
