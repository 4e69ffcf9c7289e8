const MASK_32 = 0xffff_ffffn;

/**
 * Numbers that look random and come again by the same seed, on every machine: xoshiro128** of Blackman and Vigna (2018,
 * https://prng.di.unimi.it), begun by SplitMix64, as its authors advise. All of it is arithmetic of whole numbers.
 */
export class Random {
  readonly #state: Uint32Array;

  /** `stream` tells apart the sequences of one seed. */
  constructor(seed: number, stream = 0) {
    const start = splitMix(BigInt.asUintN(64, BigInt(seed)));
    const first = splitMix(start ^ BigInt(stream));
    const second = splitMix(first);
    const halves = [first, first >> 32n, second, second >> 32n];
    this.#state = Uint32Array.from(halves, (half) => Number(half & MASK_32));
  }

  /** A number from 0 up to, but not, 1: 53 bits. */
  next(): number {
    const high = this.#next32() >>> 5;
    const low = this.#next32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #next32(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    state[0] = a ^ d ^ b;
    state[1] = b ^ c ^ a;
    state[2] = c ^ a ^ (b << 9);
    state[3] = rotate(d ^ b, 11);
    return Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
  }
}

/** One step of SplitMix64. */
function splitMix(value: bigint): bigint {
  let mixed = BigInt.asUintN(64, value + 0x9e3779b97f4a7c15n);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58476d1ce4e5b9n);
  mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
  return mixed ^ (mixed >> 31n);
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
