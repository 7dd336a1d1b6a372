/* The formulas of training in the page: random numbers, activations and optimizers, as in scratchnet's Python.

   The texts of makeFormulas, makeNetworks and makeEngine are also the program of a Web Worker (race.js starts it), so they use
   nothing from outside. Arrays are Float32Array, row after row, as in NumPy. Read next: network.js. */

function makeFormulas() {
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

  const rms = (values, count = values.length) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i] * values[i];
    return Math.sqrt(sum / count);
  };

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

  return { stream, normals, Batches, ACTIVATIONS, activation, OPTIMIZERS, Optimizer, rms };
}
