/* Trains networks in the page: the book's multi-layer perceptron, with the layers and optimizers of scratchnet's Python.

   The text of makeEngine is also the program of a Web Worker (race.js starts it), so it uses nothing from outside.
   Arrays are Float32Array, row after row, as in NumPy. The products have the most time, so they work on blocks. */

function makeEngine() {
  "use strict";

  /* ---- random numbers: sfc32 (Chris Doty-Humphrey), one stream for each name, as in support/streams.py ---- */

  function stream(seed, name) {
    let hash = 2166136261 ^ seed;
    for (const letter of name) hash = Math.imul(hash ^ letter.codePointAt(0), 16777619);
    let a = hash | 0, b = seed | 0, c = 0x9e3779b9 | 0, count = 1;
    const next = () => {
      const sum = (a + b + count++) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = ((c << 21) | (c >>> 11)) + sum | 0;
      return (sum >>> 0) / 4294967296;
    };
    for (let i = 0; i < 15; i++) next();
    return next;
  }

  /* z ~ N(0, 1), by Box and Muller. */
  function normals(seed, name, count) {
    const next = stream(seed, name), z = new Float64Array(count);
    for (let i = 0; i < count; i += 2) {
      const r = Math.sqrt(-2 * Math.log(1 - next())), angle = 2 * Math.PI * next();
      z[i] = r * Math.cos(angle);
      if (i + 1 < count) z[i + 1] = r * Math.sin(angle);
    }
    return z;
  }

  /* The rows of each batch: each epoch is a new order of all rows, cut into whole batches. */
  class Batches {
    constructor(rows, size, seed) {
      Object.assign(this, { rows, size, seed, perEpoch: Math.floor(rows / size), epoch: -1, order: [] });
    }
    at(step) {
      const epoch = Math.floor(step / this.perEpoch), place = (step % this.perEpoch) * this.size;
      if (epoch !== this.epoch) {
        const next = stream(this.seed, `batches of epoch ${epoch}`);
        this.order = Uint32Array.from({ length: this.rows }, (_, i) => i);
        for (let i = this.rows - 1; i > 0; i--) {
          const j = Math.floor(next() * (i + 1));
          [this.order[i], this.order[j]] = [this.order[j], this.order[i]];
        }
        this.epoch = epoch;
      }
      return this.order.subarray(place, place + this.size);
    }
  }

  /* ---- activations: value φ(x) and slope φ'(x), where y is φ(x); formulas as in scratchnet/layers ---- */

  const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
  const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  const density = (x) => Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);

  /* Φ(x), the distribution function of N(0, 1): Simpson's rule at 4,096 nodes, and between two nodes the cubic with the
     right slopes. Its error is below 1e-10. */
  const normalCdf = (() => {
    const step = 1 / 256, end = 8, table = new Float64Array(2 * end / step + 1);
    for (let i = 1; i < table.length; i++) {
      const x = (i - 1) * step - end;
      table[i] = table[i - 1] + step / 6 * (density(x) + 4 * density(x + step / 2) + density(x + step));
    }
    return (x) => {
      if (!(Math.abs(x) < end)) return x > 0 ? 1 : 0 * x;
      const place = (x + end) / step, i = Math.floor(place), t = place - i, left = i * step - end;
      const low = density(left) * step, high = density(left + step) * step, rise = table[i + 1] - table[i];
      return table[i] + t * (low + t * (3 * rise - 2 * low - high + t * (low + high - 2 * rise)));
    };
  })();

  const SELU = { scale: 1.0507009873554805, alpha: 1.6732632423543772 };
  const elu = (alpha, scale) => ({
    value: (x) => scale * (x > 0 ? x : alpha * Math.expm1(x)),
    slope: (x) => scale * (x > 0 ? 1 : alpha * Math.exp(x)),
  });

  const ACTIVATIONS = {
    Identity: () => ({ value: (x) => x, slope: () => 1 }),
    ReLU: () => ({ value: (x) => (x > 0 ? x : 0 * x), slope: (x) => (x > 0 ? 1 : 0) }),
    LeakyReLU: ({ slope }) => ({ value: (x) => (x > 0 ? x : slope * x), slope: (x) => (x > 0 ? 1 : slope) }),
    ELU: ({ alpha }) => elu(alpha, 1),
    SELU: () => elu(SELU.alpha, SELU.scale),
    Sigmoid: () => ({ value: sigmoid, slope: (x, y) => y * (1 - y) }),
    Tanh: () => ({ value: Math.tanh, slope: (x, y) => 1 - y * y }),
    Softsign: () => ({ value: (x) => x / (1 + Math.abs(x)), slope: (x) => 1 / (1 + Math.abs(x)) ** 2 }),
    Softplus: () => ({ value: softplus, slope: sigmoid }),
    SiLU: () => ({ value: (x) => x * sigmoid(x), slope: (x, y) => sigmoid(x) + y * (1 - sigmoid(x)) }),
    Mish: () => ({
      value: (x) => x * Math.tanh(softplus(x)),
      slope: (x) => { const t = Math.tanh(softplus(x)); return t + x * (1 - t * t) * sigmoid(x); },
    }),
    GELU: () => ({ value: (x) => x * normalCdf(x), slope: (x) => normalCdf(x) + x * density(x) }),
  };

  class Elementwise {
    constructor({ name, parameters }) { Object.assign(this, ACTIVATIONS[name](parameters || {})); }
    forward(x, y, count) { for (let i = 0; i < count; i++) y[i] = this.value(x[i]); }
    backward(x, y, d, count) { for (let i = 0; i < count; i++) d[i] *= this.slope(x[i], y[i]); }
    get parameters() { return []; }
  }

  /* The slope `a` for x ≤ 0 is learnt: one for all units, or one for each. */
  class PReLU {
    constructor({ parameters: { n, a } }) {
      this.a = new Float32Array(n).fill(a);
      this.da = new Float32Array(n);
    }
    forward(x, y, count) {
      const { a } = this, n = a.length;
      for (let i = 0; i < count; i++) y[i] = x[i] > 0 ? x[i] : a[i % n] * x[i];
    }
    backward(x, y, d, count) {
      const { a, da } = this, n = a.length, sums = new Float64Array(n);
      for (let i = 0; i < count; i++) if (!(x[i] > 0)) { sums[i % n] += d[i] * x[i]; d[i] *= a[i % n]; }
      da.set(sums);
    }
    get parameters() { return [["a", this.a, this.da]]; }
  }

  const activation = (kind) => (kind.name === "PReLU" ? new PReLU(kind) : new Elementwise(kind));

  /* ---- products ---- */

  /* C (n, m) = A B (+ the row b), where A(i, k) = A[i ai + k ak] and B(k, j) = B[k bk + j bj]: so A or B may be transposed.
     A block of 4 × 4 sums stays in registers, which makes it three times as fast as one sum at a time. */
  function product(C, A, ai, ak, B, bk, bj, n, m, depth, b) {
    for (let i = 0; i < n; i += 4) {
      const rows = Math.min(4, n - i);
      for (let j = 0; j < m; j += 4) {
        const columns = Math.min(4, m - j);
        if (rows < 4 || columns < 4) {
          for (let r = i; r < i + rows; r++) for (let c = j; c < j + columns; c++) {
            let sum = b ? b[c] : 0;
            for (let k = 0, p = r * ai, q = c * bj; k < depth; k++, p += ak, q += bk) sum += A[p] * B[q];
            C[r * m + c] = sum;
          }
          continue;
        }
        let s00 = 0, s01 = 0, s02 = 0, s03 = 0, s10 = 0, s11 = 0, s12 = 0, s13 = 0;
        let s20 = 0, s21 = 0, s22 = 0, s23 = 0, s30 = 0, s31 = 0, s32 = 0, s33 = 0;
        for (let k = 0, p = i * ai, q = j * bj; k < depth; k++, p += ak, q += bk) {
          const a0 = A[p], a1 = A[p + ai], a2 = A[p + 2 * ai], a3 = A[p + 3 * ai];
          const b0 = B[q], b1 = B[q + bj], b2 = B[q + 2 * bj], b3 = B[q + 3 * bj];
          s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
          s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
          s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
          s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
        }
        const b0 = b ? b[j] : 0, b1 = b ? b[j + 1] : 0, b2 = b ? b[j + 2] : 0, b3 = b ? b[j + 3] : 0;
        let at = i * m + j;
        C[at] = s00 + b0; C[at + 1] = s01 + b1; C[at + 2] = s02 + b2; C[at + 3] = s03 + b3; at += m;
        C[at] = s10 + b0; C[at + 1] = s11 + b1; C[at + 2] = s12 + b2; C[at + 3] = s13 + b3; at += m;
        C[at] = s20 + b0; C[at + 1] = s21 + b1; C[at + 2] = s22 + b2; C[at + 3] = s23 + b3; at += m;
        C[at] = s30 + b0; C[at + 1] = s31 + b1; C[at + 2] = s32 + b2; C[at + 3] = s33 + b3;
      }
    }
  }

  /* Images in which only the pixels that are not 0 are stored, four fifths fewer: `first` says where each row begins. */
  class Images {
    constructor(pixels, labels, n) {
      const rows = labels.length, first = new Uint32Array(rows + 1), count = pixels.reduce((sum, one) => sum + (one !== 0), 0);
      const places = new Uint16Array(count), values = new Float32Array(count);
      let at = 0;
      for (let row = 0; row < rows; row++) {
        for (let j = 0; j < n; j++) if (pixels[row * n + j] !== 0) { places[at] = j; values[at++] = pixels[row * n + j]; }
        first[row + 1] = at;
      }
      Object.assign(this, { n, labels, first, places, values });
    }
    pixels(row) {
      const found = new Float32Array(this.n);
      for (let p = this.first[row]; p < this.first[row + 1]; p++) found[this.places[p]] = this.values[p];
      return found;
    }
  }

  /* out = x W + b for rows of images. */
  function imagesForward(images, rows, W, b, out, m) {
    const { first, places, values } = images;
    rows.forEach((row, i) => {
      const o = i * m, end = first[row + 1];
      for (let k = 0; k < m; k++) out[o + k] = b[k];
      let p = first[row];
      for (; p + 3 < end; p += 4) {
        const v0 = values[p], v1 = values[p + 1], v2 = values[p + 2], v3 = values[p + 3];
        const w0 = places[p] * m, w1 = places[p + 1] * m, w2 = places[p + 2] * m, w3 = places[p + 3] * m;
        for (let k = 0; k < m; k++) out[o + k] += v0 * W[w0 + k] + v1 * W[w1 + k] + v2 * W[w2 + k] + v3 * W[w3 + k];
      }
      for (; p < end; p++) {
        const v = values[p], w = places[p] * m;
        for (let k = 0; k < m; k++) out[o + k] += v * W[w + k];
      }
    });
  }

  /* dW = xᵀ d for rows of images. */
  function imagesBackward(images, rows, d, dW, m) {
    const { first, places, values } = images;
    dW.fill(0);
    rows.forEach((row, i) => {
      const o = i * m;
      for (let p = first[row]; p < first[row + 1]; p++) {
        const v = values[p], w = places[p] * m;
        for (let k = 0; k < m; k++) dW[w + k] += v * d[o + k];
      }
    });
  }

  /* ---- the network ---- */

  const rms = (values, count = values.length) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i] * values[i];
    return Math.sqrt(sum / count);
  };

  /* Affine, activation, Affine, … Affine. `stds` has the size of each weight; with one seed all networks have the same z.
     `shift` is the constant start of the biases, `biasStds` the size of random ones. */
  class Network {
    constructor({ sizes, activation: kind, stds, seed, shift = 0, biasStds = [] }) {
      this.sizes = sizes;
      this.layers = stds.map((std, l) => {
        const n = sizes[l] * sizes[l + 1], m = sizes[l + 1], noise = biasStds[l] || 0;
        const W = Float32Array.from(normals(seed, `Affine${l + 1}.W`, n), (z) => std * z);
        const b = noise ? Float32Array.from(normals(seed, `Affine${l + 1}.b`, m), (z) => noise * z) : new Float32Array(m).fill(shift);
        const last = l === stds.length - 1;
        return { W, b, dW: new Float32Array(n), db: new Float32Array(m), activation: last ? null : activation(kind) };
      });
      this.capacity = 0;
    }

    /* [name, w, dw] of each parameter. */
    get parameters() {
      return this.layers.flatMap((layer, l) => [
        [`Affine${l + 1}.W`, layer.W, layer.dW], [`Affine${l + 1}.b`, layer.b, layer.db],
        ...(layer.activation ? layer.activation.parameters.map(([name, w, dw]) => [`${l + 1}.${name}`, w, dw]) : []),
      ]);
    }

    makeRoom(rows) {
      if (rows <= this.capacity) return;
      this.capacity = rows;
      this.layers.forEach((layer, l) => {
        for (const name of ["x", "y", "d"]) layer[name] = new Float32Array(rows * this.sizes[l + 1]);
      });
    }

    /* The scores of these rows. Each layer keeps x, before its activation, and y, after it. */
    forward(images, rows) {
      this.makeRoom(rows.length);
      let before = null;
      this.layers.forEach((layer, l) => {
        const n = this.sizes[l], m = this.sizes[l + 1];
        if (l === 0) imagesForward(images, rows, layer.W, layer.b, layer.x, m);
        else product(layer.x, before, n, 1, layer.W, m, 1, rows.length, m, n, layer.b);
        if (layer.activation) layer.activation.forward(layer.x, layer.y, rows.length * m);
        before = layer.y;
      });
      return this.layers.at(-1).x;
    }

    /* The mean of −ln softmax(scores)[label]. Leaves its gradient in the last layer's d. */
    loss(images, rows) {
      const { x: scores, d } = this.layers.at(-1), classes = this.sizes.at(-1);
      let loss = 0;
      rows.forEach((row, i) => {
        const o = i * classes;
        let highest = -Infinity, total = 0;
        for (let c = 0; c < classes; c++) highest = Math.max(highest, scores[o + c]);
        for (let c = 0; c < classes; c++) total += Math.exp(scores[o + c] - highest);
        for (let c = 0; c < classes; c++) d[o + c] = Math.exp(scores[o + c] - highest) / total / rows.length;
        d[o + images.labels[row]] -= 1 / rows.length;
        loss += Math.log(total) - (scores[o + images.labels[row]] - highest);
      });
      return loss / rows.length;
    }

    /* From the last layer's d to all gradients. A hidden layer's d is then ∂loss/∂x; `sizes` gets rms(∂loss/∂y). */
    backward(images, rows, gradients) {
      for (let l = this.layers.length - 1; l >= 0; l--) {
        const layer = this.layers[l], n = this.sizes[l], m = this.sizes[l + 1], count = rows.length;
        if (layer.activation) {
          if (gradients) gradients[l] = rms(layer.d, count * m);
          layer.activation.backward(layer.x, layer.y, layer.d, count * m);
        }
        for (let j = 0; j < m; j++) {
          let sum = 0;
          for (let i = 0; i < count; i++) sum += layer.d[i * m + j];
          layer.db[j] = sum;
        }
        if (l === 0) { imagesBackward(images, rows, layer.d, layer.dW, m); break; }
        const below = this.layers[l - 1];
        product(layer.dW, below.y, 1, n, layer.d, m, 1, n, m, count);
        product(below.d, layer.d, m, 1, layer.W, 1, m, count, n, m);
      }
    }

    accuracy(images, rows) {
      const scores = this.forward(images, rows), classes = this.sizes.at(-1);
      let right = 0;
      rows.forEach((row, i) => {
        let best = 0;
        for (let c = 1; c < classes; c++) if (scores[i * classes + c] > scores[i * classes + best]) best = c;
        right += best === images.labels[row] && Number.isFinite(scores[i * classes + best]);
      });
      return right / rows.length;
    }
  }

  /* ---- optimizers: each moves a parameter by w ← w − s and returns Σ s²; formulas as in scratchnet/optimizers.py ---- */

  const OPTIMIZERS = {
    SGD(w, dw, { lr }) {
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        const s = lr * dw[i];
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
    Momentum(w, dw, { lr, momentum }, { v }) {
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        const s = lr * dw[i] - momentum * v[i];
        v[i] = -s;
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
    Nesterov(w, dw, { lr, momentum }, { v }) {
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        v[i] = momentum * v[i] - lr * dw[i];
        const s = lr * dw[i] - momentum * v[i];
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
    AdaGrad(w, dw, { lr, epsilon }, { v }) {
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        v[i] += dw[i] * dw[i];
        const s = lr * dw[i] / (Math.sqrt(v[i]) + epsilon);
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
    RMSprop(w, dw, { lr, decay, epsilon }, { v }) {
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        v[i] = decay * v[i] + (1 - decay) * dw[i] * dw[i];
        const s = lr * dw[i] / (Math.sqrt(v[i]) + epsilon);
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
    Adam(w, dw, { lr, beta1, beta2, epsilon }, { m, v }, t) {
      const rate = lr * Math.sqrt(1 - beta2 ** t) / (1 - beta1 ** t);
      let moved = 0;
      for (let i = 0; i < w.length; i++) {
        const g = dw[i];
        m[i] += (1 - beta1) * (g - m[i]);
        v[i] += (1 - beta2) * (g * g - v[i]);
        const s = rate * m[i] / (Math.sqrt(v[i]) + epsilon);
        w[i] -= s; moved += s * s;
      }
      return moved;
    },
  };

  class Optimizer {
    constructor(setting) { Object.assign(this, { setting, t: 0, states: new Map() }); }
    /* Moves all parameters, and returns rms(step) / rms(w) of each weight, as Python's step/W. */
    step(parameters) {
      const ratios = [];
      this.t++;
      for (const [name, w, dw] of parameters) {
        if (!this.states.has(name)) this.states.set(name, { m: new Float32Array(w.length), v: new Float32Array(w.length) });
        const size = name.endsWith(".W") ? rms(w) : 0;
        const moved = OPTIMIZERS[this.setting.name](w, dw, this.setting, this.states.get(name), this.t);
        if (name.endsWith(".W")) ratios.push(Math.sqrt(moved / w.length) / size);
      }
      return ratios;
    }
  }

  /* ---- what is seen of a network: spreads and histograms over log10 |x| ---- */

  const BINS = { low: -10, high: 4, count: 70 };  // bin 0 holds the zeros, bin 1 all that is smaller than low too

  /* The bin of a float by its upper 17 bits without the sign: a table instead of 160,000 logarithms a measurement. */
  const NOT_FINITE = 255, numbers = new Float32Array(1), bits = new Uint32Array(numbers.buffer);
  const BIN_OF = Uint8Array.from({ length: 1 << 17 }, (_, top) => {
    bits[0] = top << 14;
    if (!Number.isFinite(numbers[0])) return NOT_FINITE;
    const place = Math.floor((Math.log10(numbers[0]) - BINS.low) * BINS.count / (BINS.high - BINS.low));
    return 1 + Math.min(Math.max(place, 0), BINS.count - 1);
  });

  function addToBins(bins, at, value) {
    numbers[0] = value;
    const bin = value === 0 ? 0 : BIN_OF[(bits[0] & 0x7fffffff) >>> 14];
    if (bin !== NOT_FINITE) bins[at + bin]++;
  }

  /* Of each hidden layer's outputs: std, std within a unit, shares of zeros and of dead units, and two histograms: of the
     outputs, and of their distances from their unit's mean. */
  function spreadOf(net, images, rows) {
    net.forward(images, rows);
    const hidden = net.layers.slice(0, -1), width = BINS.count + 1;
    const found = { std: [], within: [], zero: [], dead: [], pooledBins: new Uint32Array(hidden.length * width),
                    withinBins: new Uint32Array(hidden.length * width) };
    hidden.forEach(({ y }, l) => {
      const m = net.sizes[l + 1], count = rows.length;
      let sum = 0, squares = 0, inside = 0, zeros = 0, dead = 0;
      for (let j = 0; j < m; j++) {
        let unit = 0, unitSquares = 0, nothing = 0;
        for (let i = 0; i < count; i++) { unit += y[i * m + j]; nothing += y[i * m + j] === 0; }
        const mean = unit / count;
        for (let i = 0; i < count; i++) {
          const value = y[i * m + j], away = value - mean;
          unitSquares += away * away;
          addToBins(found.pooledBins, l * width, value);
          addToBins(found.withinBins, l * width, Math.abs(away) < 1e-6 * Math.abs(mean) ? 0 : away);  // rounding
        }
        sum += unit; inside += unitSquares; squares += unitSquares + count * mean * mean; zeros += nothing; dead += nothing === count;
      }
      const all = count * m;
      found.std.push(Math.sqrt(Math.max(squares / all - (sum / all) ** 2, 0)));
      found.within.push(Math.sqrt(inside / all));
      found.zero.push(zeros / all);
      found.dead.push(dead / m);
    });
    return found;
  }

  /* ---- the race: several starts, one network, the same batches ---- */

  const range = (from, to) => Uint32Array.from({ length: to - from }, (_, i) => from + i);
  const PROBE = 200, FIRST = 500;  // training images for the live spread, and for the spread before training

  class Race {
    constructor(images, setting) {
      const { starts, trainRows, batch, seed, optimizer } = setting, rows = images.labels.length;
      this.images = images;
      this.batches = new Batches(trainRows, Math.min(batch, trainRows), seed);
      this.testRows = range(trainRows, rows);
      this.probe = range(0, Math.min(PROBE, trainRows));
      this.first = range(0, Math.min(FIRST, trainRows));
      this.racers = starts.map(({ stds }) => ({
        net: new Network({ ...setting, stds }), optimizer: new Optimizer(optimizer), alive: true, ratios: [], gradients: [] }));
      this.steps = 0;
    }

    /* One step of every start on one batch. The losses are those before the step; NaN for what has diverged. */
    step() {
      const rows = this.batches.at(this.steps++);
      return this.racers.map((racer) => {
        if (!racer.alive) return NaN;
        const { net, optimizer } = racer;
        net.forward(this.images, rows);
        const loss = net.loss(this.images, rows);
        racer.alive = Number.isFinite(loss);
        if (!racer.alive) return NaN;
        net.backward(this.images, rows, racer.gradients);
        racer.gradientRows = rows.length;
        racer.ratios = optimizer.step(net.parameters);
        return loss;
      });
    }

    /* The gradients and the first step before training, on more images than a batch has. Nothing moves. */
    measureFirst() {
      for (const racer of this.racers) {
        const { net, optimizer } = racer;
        net.forward(this.images, this.first);
        racer.firstLoss = net.loss(this.images, this.first);
        net.backward(this.images, this.first, racer.gradients);
        racer.gradientRows = this.first.length;
        racer.ratios = new Optimizer(optimizer.setting).step(net.parameters.map(([name, w, dw]) => [name, w.slice(), dw]));
      }
    }

    spreads() {
      return this.racers.map(({ net, alive, ratios, gradients, gradientRows }) => ({
        alive, ratios: [...ratios], gradients: gradients.map((one) => one * gradientRows),
        ...spreadOf(net, this.images, this.steps ? this.probe : this.first) }));
    }

    accuracies() { return this.racers.map(({ net }) => net.accuracy(this.images, this.testRows)); }

    /* One image in one network: every layer's x and y, one unit's weights, and the weights of the first units. */
    look({ start, row, layer, unit, weights }) {
      const { net } = this.racers[Math.min(start, this.racers.length - 1)], n = net.sizes[0];
      net.forward(this.images, [row]);
      const l = Math.min(layer, net.layers.length - 1), m = net.sizes[l + 1], j = Math.min(unit, m - 1), { W, b } = net.layers[l];
      const column = (from, width, length, at) => Float32Array.from({ length }, (_, i) => from[i * width + at]);
      return {
        start, row, layer: l, unit: j, label: this.images.labels[row], pixels: this.images.pixels(row), bias: b[j],
        x: net.layers.map((one, k) => one.x.slice(0, net.sizes[k + 1])),
        y: net.layers.map((one, k) => (one.activation ? one.y : one.x).slice(0, net.sizes[k + 1])),
        column: column(W, m, net.sizes[l], j),
        next: l + 1 < net.layers.length
          ? net.layers[l + 1].W.slice(j * net.sizes[l + 2], (j + 1) * net.sizes[l + 2]) : new Float32Array(0),
        weights: Array.from({ length: Math.min(weights, net.sizes[1]) }, (_, k) => column(net.layers[0].W, net.sizes[1], n, k)),
      };
    }
  }

  /* ---- the worker's program: messages in, frames out ---- */

  /* Messages: {kind: "digits" | "race" | "play" | "pause" | "step" | "look", …}. A frame: the step, the losses since the last
     frame, and from time to time the spreads, the accuracies and the look. A slice of work is short, so that a message never
     waits; measurements take a seventh of the time at most. */
  function serve(port) {
    const SLICE = 28, MEASURED = 0.15, MEASURE_EVERY = 200, ACCURACY_EVERY = 1000;
    let images = null, race = null, run = 0, playing = false, delay = 0, until = Infinity, look = null;
    let losses = [], nextMeasure = 0, nextAccuracy = 0, began = 0, beganSteps = 0;
    const again = new MessageChannel();
    again.port1.onmessage = () => slice();

    function frame(whole) {
      const now = performance.now(), message = { kind: "frame", run, step: race.steps, playing, losses: Float32Array.from(losses) };
      const transfer = [message.losses.buffer];
      losses = [];
      if (whole || now >= nextMeasure) {
        message.spreads = race.spreads();
        if (look) message.look = race.look(look);
        for (const one of message.spreads) transfer.push(one.pooledBins.buffer, one.withinBins.buffer);
        if (whole || now >= nextAccuracy) {
          message.accuracies = race.accuracies();
          nextAccuracy = performance.now() + ACCURACY_EVERY;
        }
        const took = performance.now() - now;
        nextMeasure = performance.now() + Math.max(MEASURE_EVERY, took / MEASURED);
      }
      if (race.steps > beganSteps && now > began) message.rate = (race.steps - beganSteps) * 1000 / (now - began);
      port.postMessage(message, transfer);
    }

    function slice() {
      if (!playing) return;
      const end = performance.now() + SLICE;
      do losses.push(...race.step()); while (!delay && race.steps < until && performance.now() < end);
      if (race.steps >= until || !race.racers.some((one) => one.alive)) playing = false;
      frame(!playing);
      if (!playing) return;
      if (delay) setTimeout(slice, delay);
      else again.port2.postMessage(null);
    }

    port.onmessage = ({ data }) => {
      if (data.kind === "digits") images = new Images(data.pixels, data.labels, data.n);
      if (data.kind === "race") {
        race = new Race(images, data.setting);
        [run, playing, losses] = [data.run, false, []];
        race.measureFirst();
        frame(true);
      }
      if (!race) return;
      if (data.kind === "play") {
        const was = playing;
        [playing, delay, until, began, beganSteps] = [race.steps < data.until, data.delay, data.until, performance.now(), race.steps];
        if (playing && !was) slice();
      }
      if (data.kind === "pause" && playing) { playing = false; frame(true); }
      if (data.kind === "step") { playing = false; losses.push(...race.step()); frame(true); }
      if (data.kind === "look") { look = data.look; if (!playing) port.postMessage({ kind: "look", run, look: race.look(look) }); }
    };
  }

  return { Images, Network, Optimizer, Batches, Race, ACTIVATIONS, OPTIMIZERS, BINS, spreadOf, normals, stream, serve };
}
