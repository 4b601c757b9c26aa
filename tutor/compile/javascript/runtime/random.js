// Random numbers as numpy.random.RandomState draws them, one after the other from MT19937.

/** M. Matsumoto and T. Nishimura, "Mersenne Twister" (1998), and a normal number that is kept. */
class RandomState {
  constructor(key, place, hasNormal, normal) {
    Object.assign(this, { key, place, hasNormal, normal });
  }

  twin() { return new RandomState(this.key.slice(), this.place, this.hasNormal, this.normal); }

  /** 624 new words. */
  renew() {
    const { key } = this;
    for (let i = 0; i < 624; i += 1) {
      const y = (key[i] & 0x80000000) | (key[(i + 1) % 624] & 0x7fffffff);
      key[i] = key[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.place = 0;
  }

  /** 32 random bits. */
  word() {
    if (this.place >= 624) this.renew();
    let y = this.key[this.place];
    this.place += 1;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A number from 0 up to 1, of 53 bits. */
  float() { return ((this.word() >>> 5) * 67108864 + (this.word() >>> 6)) / 9007199254740992; }

  /** A normal number, by G. Marsaglia's polar method: every second one is kept for later. */
  gauss() {
    if (this.hasNormal) {
      this.hasNormal = false;
      return this.normal;
    }
    let [x, y, r] = [0, 0, 2];
    while (r >= 1 || r === 0) {
      x = 2 * this.float() - 1;
      y = 2 * this.float() - 1;
      r = x * x + y * y;
    }
    const f = Math.sqrt((-2 * Math.log(r)) / r);
    this.normal = f * x;
    this.hasNormal = true;
    return f * y;
  }

  /** A whole number from 0 to `most`: bits are drawn until they are not more. */
  below(most) {
    if (most === 0) return 0;
    if (most > 0xffffffff) return Number(this.belowBig(BigInt(most)));
    const mask = 2 ** (32 - Math.clz32(most)) - 1;
    for (;;) {
      const found = (this.word() & mask) >>> 0;
      if (found <= most) return found;
    }
  }

  belowBig(most) {
    const mask = (1n << BigInt(most.toString(2).length)) - 1n;
    for (;;) {
      const found = ((BigInt(this.word()) << 32n) | BigInt(this.word())) & mask;
      if (found <= most) return found;
    }
  }

  /** 0 … n-1 in another order. */
  permutation(n) {
    const found = Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i -= 1) {
      const j = this.below(i);
      [found[i], found[j]] = [found[j], found[i]];
    }
    return found;
  }

  binomial(n, p) {
    if (n === 0 || p === 0) return 0;
    const q = Math.min(p, 1 - p);
    const found = q * n <= 30 ? this.binomialByInversion(n, q) : this.binomialByRejection(n, q);
    return p <= 0.5 ? found : n - found;
  }

  binomialByInversion(n, p) {
    const q = 1 - p;
    const first = Math.exp(n * Math.log(q));
    const bound = Math.min(n, n * p + 10 * Math.sqrt(n * p * q + 1));
    let [found, chance, left] = [0, first, this.float()];
    while (left > chance) {
      found += 1;
      if (found > bound) [found, chance, left] = [0, first, this.float()];
      else {
        left -= chance;
        chance = ((n - found + 1) * p * chance) / (found * q);
      }
    }
    return found;
  }

  /** V. Kachitvichyanukul and B. Schmeiser, "Binomial random variate generation" (1988): BTPE. */
  binomialByRejection(n, r) {
    const q = 1 - r;
    const [fm, nrq] = [n * r + r, n * r * q];
    const m = Math.floor(fm);
    const p1 = Math.floor(2.195 * Math.sqrt(nrq) - 4.6 * q) + 0.5;
    const [xm, xl, xr] = [m + 0.5, m + 0.5 - p1, m + 0.5 + p1];
    const c = 0.134 + 20.5 / (15.3 + m);
    const slope = (a) => a * (1 + a / 2);
    const [left, right] = [slope((fm - xl) / (fm - xl * r)), slope((xr - fm) / (xr * q))];
    const p2 = p1 * (1 + 2 * c);
    const p3 = p2 + c / left;
    const p4 = p3 + c / right;
    for (;;) {
      const u = this.float() * p4;
      let v = this.float();
      if (u <= p1) return Math.floor(xm - p1 * v + u);
      let y;
      if (u <= p2) {
        const x = xl + (u - p1) / c;
        v = v * c + 1 - Math.abs(m - x + 0.5) / p1;
        if (v > 1) continue;
        y = Math.floor(x);
      } else if (u <= p3) {
        y = Math.floor(xl + Math.log(v) / left);
        if (y < 0 || v === 0) continue;
        v *= (u - p2) * left;
      } else {
        y = Math.floor(xr - Math.log(v) / right);
        if (y > n || v === 0) continue;
        v *= (u - p3) * right;
      }
      if (accepted(y, v, { n, r, q, m, xm, nrq })) return y;
    }
  }

  /** By multiplying, or for many by W. Hörmann's transformed rejection (1993). */
  poisson(lam) {
    if (lam === 0) return 0;
    if (lam >= 10) return this.poissonByRejection(lam);
    const end = Math.exp(-lam);
    for (let [found, product_] = [0, this.float()]; ; found += 1, product_ *= this.float()) {
      if (product_ <= end) return found;
    }
  }

  poissonByRejection(lam) {
    const b = 0.931 + 2.53 * Math.sqrt(lam);
    const a = -0.059 + 0.02483 * b;
    const alpha = 1.1239 + 1.1328 / (b - 3.4);
    const sure = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.float() - 0.5;
      const v = this.float();
      const us = 0.5 - Math.abs(u);
      const k = Math.floor(((2 * a) / us + b) * u + lam + 0.43);
      if (us >= 0.07 && v <= sure) return k;
      if (k < 0 || (us < 0.013 && v > us)) continue;
      const height = Math.log(v) + Math.log(alpha) - Math.log(a / (us * us) + b);
      if (height <= -lam + k * Math.log(lam) - gammaln(k + 1)) return k;
    }
  }

  /** How often each outcome came in n trials. */
  multinomial(n, chances) {
    const found = chances.map(() => 0);
    let [left, total] = [n, 1];
    for (let j = 0; j < chances.length - 1 && left > 0; j += 1) {
      found[j] = this.binomial(left, chances[j] / total);
      left -= found[j];
      total -= chances[j];
    }
    if (left > 0) found[chances.length - 1] = left;
    return found;
  }
}

/** Whether BTPE takes y: by the quotient of two chances, or for far ones by bounds of it. */
function accepted(y, v, { n, r, q, m, xm, nrq }) {
  const k = Math.abs(y - m);
  if (k <= 20 || k >= nrq / 2 - 1) {
    const s = r / q;
    const a = s * (n + 1);
    let f = 1;
    for (let i = m + 1; i <= y; i += 1) f *= a / i - s;
    for (let i = y + 1; i <= m; i += 1) f /= a / i - s;
    return v <= f;
  }
  const rho = (k / nrq) * ((k * (k / 3 + 0.625) + 1 / 6) / nrq + 0.5);
  const t = (-k * k) / (2 * nrq);
  const height = Math.log(v);
  if (height < t - rho) return true;
  if (height > t + rho) return false;
  const [x1, f1, z, w] = [y + 1, m + 1, n + 1 - m, n - y + 1];
  const tail = (x) => (13680 - (462 - (132 - (99 - 140 / (x * x)) / (x * x)) / (x * x)) / (x * x)) / x / 166320;
  return height <= xm * Math.log(f1 / x1) + (n - m + 0.5) * Math.log(z / w)
    + (y - m) * Math.log((w * r) / (x1 * q)) + tail(f1) + tail(z) + tail(x1) + tail(w);
}

function twin(state) { return state.twin(); }

/** A method of a state, whose parameters are numbers, for each place of a shape. */
function oneByOne(how) {
  return (state, size, parameters) => {
    const shape = size ?? stretched(...parameters.map((p) => p.shape));
    const given = parameters.map((p) => packed(broadcast_to(p, shape)).data);
    return { shape, numbers: Array.from({ length: sizeOf(shape) }, (_, i) => how(state, ...given.map((p) => Number(p[i])))) };
  };
}

/** A row of chances, a little less where rounding could make their sum exceed 1. */
function trimmed(chances) {
  const total = pairwise(chances, 0, chances.length);
  const less = (total > 1 && total < 1 + 1e-5) || chances.at(-1) < 5e-5;
  return less ? chances.map((v) => v * (1 - 5e-5)) : chances;
}

const DRAWS = {
  uniform: oneByOne((state, low, high) => low + (high - low) * state.float()),
  normal: oneByOne((state, mean, deviation) => mean + deviation * state.gauss()),
  binomial: oneByOne((state, n, p) => state.binomial(n, p)),
  poisson: oneByOne((state, lam) => state.poisson(lam)),
  random_integers: oneByOne((state, low, high) => low + state.below(high - low)),
  permutation: (state, size, [n]) => {
    const shape = [...(size ?? []), int(n)];
    const rows = sizeOf(size ?? []);
    return { shape, numbers: Array.from({ length: rows }, () => state.permutation(int(n))).flat() };
  },
  choice: (state, size, [a, replace, p]) => {
    const among = a.ndim ? Array.from(packed(a).data, Number) : null;
    const n = among ? among.length : int(a);
    const count = sizeOf(size ?? []);
    if (!truth(replace) && p.size) fail("a choice by chances without replacing is not there");
    let places;
    if (!truth(replace)) places = state.permutation(n).slice(0, count);
    else if (p.size) {
      const sums = cumsum(p, { axis: 0, dtype: "float64" });
      const ends = Array.from(packed(sums).data, (v) => v / packed(sums).data.at(-1));
      places = Array.from({ length: count }, () => state.float()).map((u) => ends.findIndex((end) => end > u));
    } else places = Array.from({ length: count }, () => state.below(n - 1));
    return { shape: size ?? [], numbers: among ? places.map((i) => among[i]) : places };
  },
  multinomial: (state, size, [n, chances]) => {
    const lead = size ?? stretched(n.shape, chances.shape.slice(0, -1));
    const k = chances.shape.at(-1);
    const trials = packed(broadcast_to(n, lead)).data;
    const rows = packed(broadcast_to(chances, [...lead, k])).data;
    const row = (i) => trimmed(Array.from(rows.slice(i * k, (i + 1) * k), Number));
    return { shape: [...lead, k], numbers: Array.from(trials, (count, i) => state.multinomial(Number(count), row(i))).flat() };
  },
};

/** The state after a draw, and the numbers; the state that came in stays as it is. */
function draw(before, size, parameters, how, dtype, ndim) {
  const state = before.twin();
  const shape = ints(size);
  const given = parameters.map((p) => (p instanceof Tensor ? p : scalar(p, "float64")));
  const found = DRAWS[how](state, shape.length ? shape : null, given);
  const numbers = array(found.numbers, { dtype });
  const whole = found.shape.length === 0 ? new Array(ndim).fill(1) : found.shape;
  return [state, reshape(numbers, whole)];
}

/** A state from its words, written in base 64. */
function randomState(text, place, hasNormal, normal) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return new RandomState(new Uint32Array(bytes.buffer), place, hasNormal, normal);
}
