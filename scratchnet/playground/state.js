/* What the reader has chosen, which the hash of the address keeps; and what follows from it: theory and the starts of a race. */

const data = JSON.parse($("data").textContent), { playground } = data;
const MOST_RACERS = 4, CHOICES = { batch: [16, 32, 64, 128, 256], speed: { slow: 1000, steady: 100, fast: 0 } };
const deepest = Math.max(50, ...playground.settings.map((one) => one.hidden.length));
const state = { setting: 0, activation: 0, optimizer: 0, lr: 0.1, batch: 64, seed: 0, law: "fan_in", size: 1, depth: 4, racers: "0,1,2" };

/* A preset: all that one run has. */
function applyPreset(i) {
  const { hidden, activation, optimizer, lr, batch, law, size } = playground.settings[i];
  Object.assign(state, { setting: i, depth: hidden.length, activation, optimizer, lr, batch }, law ? { law, size } : {});
}

const isPreset = (i) => {
  const one = playground.settings[i];
  return i === state.setting && one.law === state.law && Math.abs(one.size / state.size - 1) < 1e-4
    && one.hidden.length === state.depth && isTraining(one);
};
/* Does the state train as this run does, whatever its start? */
const isTraining = (one) => ["activation", "optimizer", "lr", "batch"].every((name) => one[name] === state[name])
  && one.hidden.length === state.depth;

/* ---- the hash of the address: every part of the page reads its own words, and adds its own ---- */

/* A hash without = is a link to a section of the page. */
const fromAddress = () => new URLSearchParams(location.hash.includes("=") ? location.hash.slice(1) : "");

function toAddress(values) {
  const words = fromAddress();
  for (const [key, value] of Object.entries(values)) words.set(key, value);
  history.replaceState(null, "", `#${words}`);
}

/* The number under `key` if it fits, or what it was. */
function numberFrom(words, key, fits, before) {
  const value = Number(words.get(key));
  return words.get(key) !== null && words.get(key) !== "" && Number.isFinite(value) && fits(value) ? value : before;
}

function readState() {
  const words = fromAddress(), whole = (most, least = 0) => (value) => Number.isInteger(value) && value >= least && value <= most;
  const setting = numberFrom(words, "setting", whole(playground.settings.length - 1), null);
  if (setting !== null) applyPreset(setting);
  const read = (key, fits) => { state[key] = numberFrom(words, key, fits, state[key]); };
  read("activation", whole(playground.activations.length - 1));
  read("optimizer", whole(playground.optimizers.length - 1));
  read("lr", (lr) => lr >= 1e-5 && lr <= 10);
  read("batch", whole(10000, 1));
  read("seed", whole(999));
  read("size", (size) => size >= 1e-3 / 2 && size <= 20);
  read("depth", whole(deepest, 1));
  if (words.get("law") in LAWS) state.law = words.get("law");
  if (/^(|\d+(,\d+)*)$/.test(words.get("racers") ?? "-"))
    state.racers = words.get("racers").split(",").filter((i) => i !== "" && playground.starts[i]).slice(0, MOST_RACERS).join(",");
}

/* ---- what follows from the state ---- */

const setting = () => playground.settings[state.setting];
const activationName = () => playground.activations[state.activation].name;
const sizes = () => [playground.inputs.n, ...widths(setting(), state.depth), playground.classes];
const sizeWords = (law, size) => `${LAWS[law].sign} = ${short(size)}`;

/* The setting that theory and the engine use: the preset's network with the reader's activation, optimizer and rate. */
function chosenSetting() {
  const { step } = playground.optimizers[state.optimizer];
  return { ...setting(), activation: state.activation, lr: state.lr, step };
}

/* Theory for one start; the last answers are kept, since a race asks for them with each frame. */
const answers = new Map();
function predictStart({ law, size }) {
  const { setting, activation, optimizer, lr, depth } = state, key = [setting, activation, optimizer, lr, depth, law, size].join();
  if (!answers.has(key)) {
    if (answers.size > 50) answers.clear();
    answers.set(key, predict(playground, chosenSetting(), law, size, depth));
  }
  return answers.get(key);
}

/* The starts of the race: those that are checked, and what the sliders say where it is another start. */
function raceStarts() {
  const checked = state.racers.split(",").filter((i) => i !== "").map((i) => playground.starts[i]);
  const sliders = { label: "Your sliders", law: state.law, size: state.size, colour: -1, dash: 0, mark: 6, own: true };
  const same = checked.some((one) => one.law === sliders.law && Math.abs(one.size / sliders.size - 1) < 1e-4);
  return (same ? checked : [...checked.slice(0, MOST_RACERS - 1), sliders]).map((one) => {
    const all = sizes();
    return { ...one, stds: all.slice(1).map((n_out, l) => one.size * LAWS[one.law].unit(all[l], n_out)) };
  });
}

const biasStds = () => Array.from({ length: state.depth + 1 }, (_, l) => {
  const { bias } = setting();
  return Math.sqrt(l === 0 ? bias[0] : l === state.depth ? bias.at(-1) : bias[Math.min(l, bias.length - 2)]);
});

/* σ_w of a hidden layer: its std times √n. */
const sigmaW = (law, size) => { const n = setting().hidden.at(-1); return size * LAWS[law].unit(n, n) * Math.sqrt(n); };
