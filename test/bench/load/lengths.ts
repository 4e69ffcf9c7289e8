import type { Lognormal } from '../texts.ts';

/** The lengths of the texts that the clients of a server send: half have up to 32 tokens, one in twenty more than 160. */
export const LENGTHS: Lognormal = { typical: 32, sigma: 1, shortest: 5, longest: 400 };
/** Different texts, before the first comes again. */
export const TEXTS = 2048;
