/* The network that the page trains: the book's multi-layer perceptron on images, forward and backward.

   The products have the most time, so they work on blocks. Read next: engine.js. */

function makeNetworks(formulas) {
  "use strict";

  const { normals, activation, rms } = formulas;

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

  return { Images, Network };
}
