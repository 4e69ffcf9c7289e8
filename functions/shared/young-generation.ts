import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's young generation at its first size, so that it is collected often. A tokenizer's encodings are native
 * memory behind small JavaScript objects: V8 does not see their size, lets them wait for a collection, and they
 * fragment the native heap meanwhile. To be called once, at the start of a process that serves.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
