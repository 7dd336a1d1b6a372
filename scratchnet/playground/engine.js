/* Trains several networks on the same batches and measures them, in a Web Worker. */

function makeEngine() {
  "use strict";

  const formulas = makeFormulas(), { Batches, Optimizer } = formulas;
  const { Images, Network } = makeNetworks(formulas);

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

  return { ...formulas, Images, Network, Race, BINS, spreadOf, serve };
}
