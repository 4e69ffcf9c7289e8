import type { ModelRef } from './ports.ts';

/** Reads `sentiment` or `sentiment@1.0.0`. */
export function parseModelRef(ref: string): ModelRef {
  const at = ref.indexOf('@');
  return at < 0 ? { name: ref } : { name: ref.slice(0, at), version: ref.slice(at + 1) };
}
