/* The theory of wide networks, as in scratchnet's Python, from tables of averages that the page carries (tables.py).
   Forward, with q the mean square of the units for groups of inputs by size, and d half the mean squared distance of two inputs:
       affine       q <- n_in var q + var_b,  d <- n_in var d
       activation   q <- V(q),  d <- D(q, d)
   Backward, with G the mean product of two inputs' gradients: dW^2 = sum G k at each weight.
   There are three kinds of pairs: an input with itself, with another of its class, with one of another class. The last two
   use inputs of the mean size, where Python has each pair's own. So std agrees with Python within 0.2 %, and the log10 of
   step/W within 0.07. */

const LAWS = {
  std: { name: "one std in every layer", sign: "std", unit: () => 1 },
  fan_in: { name: "σ_w / √n_in, as He and LeCun", sign: "σ_w", unit: (n_in) => 1 / Math.sqrt(n_in) },
  fan_avg: { name: "σ_w / √((n_in + n_out)/2), as Glorot", sign: "σ_w",
             unit: (n_in, n_out) => Math.sqrt(2 / (n_in + n_out)) },
};

/* The value of a table at x (in nodes), by the Lagrange polynomial through the six nodes around it. */
function between(at, count, x) {
  const first = Math.min(Math.max(Math.floor(x) - 2, 0), Math.max(count - 6, 0));
  const last = Math.min(first + 6, count);
  let sum = 0;
  for (let i = first; i < last; i++) {
    let share = 1;
    for (let j = first; j < last; j++) if (j !== i) share *= (x - j) / (i - j);
    sum += share * at(i);
  }
  return sum;
}

/* The same for a table of logarithms. Beyond its ends it continues as a straight line: a power law. */
function along(table, x) {
  const end = table.length - 1;
  if (x < 0) return table[0] + x * (table[1] - table[0]);
  if (x > end) return table[end] + (x - end) * (table[end] - table[end - 1]);
  return between((i) => table[i], table.length, x);
}

function clenshaw(coefficients, t) {
  const x = 4 * t - 2;
  let last = 0, before = 0;
  for (let n = coefficients.length - 1; n > 0; n--) [last, before] = [coefficients[n] + x * last - before, last];
  return coefficients[0] + x / 2 * last - before;
}

/* A table over size and angle, at the angle pi t. Beyond its sizes it continues as a power law too. One row holds for all. */
function atAngle(table, x, t) {
  const end = table.length - 1, at = (i) => clenshaw(table[i], t);
  if (!end) return at(0);
  if (x >= 0 && x <= end) return between(at, table.length, x);
  const [edge, inner] = x < 0 ? [0, 1] : [end, end - 1];
  const a = at(edge), b = at(inner);
  return a > 0 && b > 0 ? a * Math.pow(a / b, Math.abs(x - edge)) : a;
}

class Activation {
  constructor(table) { this.table = table; }
  place(q) { return (Math.log(Math.max(q, 1e-300)) / 2 - this.table.low) / this.table.step; }
  variance(q) { return Math.exp(along(this.table.ln_variance, this.place(q))); }
  squaredSlope(q) { return Math.exp(along(this.table.ln_slope, this.place(q))); }
  mean(q) {
    const table = this.table.mean, end = table.length - 1, x = this.place(q);
    if (x >= 0 && x <= end) return between((i) => table[i], table.length, x);
    const edge = x < 0 ? 0 : end;  // beyond the table, mean and std keep their ratio, or the mean stays the same
    const grown = Math.exp((along(this.table.ln_variance, x) - this.table.ln_variance[edge]) / 2);
    const straight = x < 0 ? table[0] - table[1] : table[end] - table[end - 1];
    return Math.abs(straight) < 1e-3 * Math.abs(table[edge]) ? table[edge] : table[edge] * grown;
  }
  secondMoment(q) { return this.variance(q) + this.mean(q) ** 2; }
  /* D and E phi'phi' of two inputs with mean square q and distance d. */
  pair(q, d) {
    const t = 2 * Math.asin(Math.min(1, Math.sqrt(d / (2 * q)))) / Math.PI, x = this.place(q) / this.table.every;
    return [d * atAngle(this.table.angular, x, t), atAngle(this.table.slopes, x, t)];
  }
}

function firstLoss(scores, q) {
  return Math.exp(along(scores.ln_loss, (Math.log(Math.max(q, 1e-300)) / 2 - scores.low) / scores.step));
}

/* E p.p' of two inputs whose scores have variance q and correlation c. */
function agreement(scores, q, c) {
  const last = scores.agreement.length - 1;
  const x = Math.min(Math.max((Math.log(Math.max(q, 1e-300)) / 2 - scores.low) / scores.step, 0), last);
  const u = Math.sqrt(Math.min(Math.max(1 - c, 0), 1)) * (scores.agreement[0].length - 1);
  const j = Math.min(Math.floor(u), scores.agreement[0].length - 2);
  const at = (k) => between((i) => scores.agreement[i][k], last + 1, x);
  return at(j) + (u - j) * (at(j + 1) - at(j));
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

function weighted(values, counts) {
  return values.reduce((sum, value, i) => sum + value * counts[i], 0) / counts.reduce((a, b) => a + b, 0);
}

/* The widths of `depth` hidden layers: those of the run, the last one repeated. */
function widths(setting, depth) {
  return Array.from({ length: depth }, (_, l) => setting.hidden[Math.min(l, setting.hidden.length - 1)]);
}

/* What theory expects of a network with `depth` hidden layers, whose weights follow `law` with the factor `size`. */
function predict(tables, setting, law, size, depth) {
  const phi = new Activation(tables.activations[setting.activation]), { inputs, scores, classes } = tables;
  const sizes = [inputs.n, ...widths(setting, depth), classes], average = (values) => weighted(values, inputs.counts);
  const bias = (l) => l === 0 ? setting.bias[0] : l === depth ? setting.bias[setting.bias.length - 1]
    : setting.bias[Math.min(l, setting.bias.length - 2)];
  const overPairs = (values) => values.reduce((sum, one, kind) => sum + inputs.shares[kind] * one, 0);
  let q = [...inputs.squares], d = [...inputs.distances], excess = 0;  // of the squared cosine of two units; at most
  const steps = [], activations = [];
  for (let l = 0; l <= depth; l++) {
    const n_in = sizes[l], std = size * LAWS[law].unit(n_in, sizes[l + 1]), gain = n_in * std * std, all = average(q);
    steps.push({ name: `Affine${l + 1}`, std, n_out: sizes[l + 1], products: d.map((one) => all - one) });
    q = q.map((one) => gain * one + bias(l));
    d = d.map((one) => gain * one);
    if (l === depth) break;
    const before = average(q), pairs = d.map((one) => phi.pair(before, one)), means = q.map((one) => phi.mean(one));
    const slopes = pairs.map((pair) => pair[1]);
    slopes[0] = average(q.map((one) => phi.squaredSlope(one)));
    const middle = average(means);
    const variance = average(q.map((one) => phi.variance(one))) + average(means.map((one) => (one - middle) ** 2));
    const far = overPairs(d);
    d = [0, pairs[1][0], pairs[2][0]];
    q = q.map((one) => phi.secondMoment(one));
    const within = overPairs(d);
    excess = excess * (overPairs(slopes) * far / within) ** 2 + 1 / sizes[l + 1];
    const pooled = variance - (variance - within) / sizes[l + 1];  // the mean over the units takes its part of the variance
    activations.push({ name: `${phi.table.name}${l + 1}`, std: Math.sqrt(pooled), within: Math.sqrt(within), slopes });
  }
  const end = average(q), rows = inputs.rows;
  let narrow = false;
  let G = [1, 1, 0].map((same, kind) =>
    (agreement(scores, end, end > 0 ? 1 - d[kind] / end : 1) - 2 / classes + same) / (classes * rows * rows));
  for (let l = depth; l >= 0; l--) {
    const step = steps[l], square = overPairs(G.map((one, kind) => one * step.products[kind]));
    if (l === depth) {  // what is left out since G and the scores come from the same weights: see own_share in output.py
      const own = excess * overPairs(d) ** 2 * (1 - 1 / classes) / classes ** 2;
      narrow = own > tables.bounds.OWN_SHARE * square * rows * rows * sizes[l] * step.std ** 2;
    }
    step.dw = rows * Math.sqrt(Math.max(square, 0));
    step.ratio = step.dw > 0 && Number.isFinite(step.dw) ? Math.log10(moved(setting, step.dw) / step.std) : null;
    if (l === 0) break;
    G = G.map((one) => one * step.n_out * step.std * step.std);
    activations[l - 1].gradient = Math.sqrt(Math.max(G[0], 0));
    G = G.map((one, kind) => one * activations[l - 1].slopes[kind]);
  }
  const prediction = { activations, steps, narrow, firstLoss: firstLoss(scores, end) };
  prediction.outlook = outlook(tables, setting, prediction);
  return prediction;
}

/* How far the first step moves a weight whose gradient has this rms: SGD by its formula, another optimizer by its table, in
   proportion to the rate. */
function moved(setting, dw) {
  if (!setting.step || !setting.step.moves) return setting.lr * dw;
  const { low, step, moves } = setting.step, x = (Math.log(dw) - low) / step;
  const i = Math.min(Math.max(Math.floor(x), 0), moves.length - 2);
  return setting.lr / setting.step.lr * Math.exp(moves[i] + (x - i) * (moves[i + 1] - moves[i]));
}

/* Will the network train, how fast, and which layer is the slowest? The same sentences as in diagnosis.py. */
function outlook(tables, setting, prediction) {
  const bounds = tables.bounds, moving = prediction.steps.filter((step) => step.ratio !== null);
  if (!moving.length) return "will not train: no gradient reaches its weights.";
  const slowest = moving.reduce((a, b) => (b.ratio < a.ratio ? b : a));
  const fastest = moving.reduce((a, b) => (b.ratio > a.ratio ? b : a));
  const known = setting.step && setting.step.moves, later = known ? setting.step.later : 0;
  const when = `${known ? setting.step.words : "a step"} at lr ${short(setting.lr)}`;
  const power = (step) => `${step.name} moves 10^${(step.ratio + later).toFixed(1)} of its size ${when}`;
  const slow = `its slowest layer, ${power(slowest).replace(" moves", ", moves")}`;
  const guess = Math.log(tables.classes);
  if (slowest.ratio + later < bounds.SLOW) return `will hardly train: ${slow}, where 10^-3 trains well.`;
  const same = prediction.activations.find((layer) => layer.within < bounds.SAME * layer.std);
  if (same) return `will train badly: all inputs look alike from ${same.name} on; ${slow}.`;
  if (prediction.firstLoss > bounds.HUGE * guess) {
    const counted = prediction.firstLoss >= 100 && prediction.firstLoss < 1e9;
    const loss = counted ? Math.round(prediction.firstLoss).toLocaleString("en") : short(prediction.firstLoss, 4);
    return `starts badly: a loss of ${loss}, where a guess costs ${guess.toFixed(3)}; ${slow}.`;
  }
  if (fastest.ratio + later > bounds.FAST) return `may blow up: ${power(fastest)}.`;
  return `will train ${slowest.ratio + later > bounds.WELL ? "well" : "slowly"}: ${slow}.`;
}

/* Three significant digits, as `short` in Python writes them. */
function short(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "-";
  if (value === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(value)));
  if (power < -4 || power >= 6) return value.toExponential(digits - 1).replace(/\.?0+e/, "e").replace("e+", "e");
  return Number(value.toPrecision(digits)).toLocaleString("en", { maximumFractionDigits: 20 });
}
