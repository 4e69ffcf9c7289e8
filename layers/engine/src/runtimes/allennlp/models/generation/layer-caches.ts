import type { CacheShape } from '../../decoding/step-graph.ts';

/** The caches of the layers of a decoder: `0.key`, `0.value`, `1.key` and so on. */
export function layerCaches(layers: number, heads: number, dim: number): CacheShape[] {
  return Array.from({ length: layers }, (_, layer) => layer).flatMap((layer) =>
    ['key', 'value'].map((part) => ({ name: `${layer}.${part}`, heads, dim })),
  );
}
