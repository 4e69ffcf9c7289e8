export interface ModelRef {
  readonly name: string;
  /** @default - the highest version that the store has */
  readonly version?: string;
}

export type ResolvedRef = Required<ModelRef>;

/** Reads `sentiment` or `sentiment@1.0.0`. */
export function parseModelRef(ref: string): ModelRef {
  const at = ref.indexOf('@');
  return at < 0 ? { name: ref } : { name: ref.slice(0, at), version: ref.slice(at + 1) };
}
