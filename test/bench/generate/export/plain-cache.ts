/** Keys and values of earlier tokens as exports have them: inputs of the past, outputs with what is new after it. */
import { ELEMENT } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import type { PlainParts } from './plain-parts.ts';

export interface CacheShape {
  readonly layers: number;
  readonly heads: number;
  readonly dim: number;
  /** What stands in names of values between the layer and `key`: of models with an encoder, `decoder` or `encoder`. */
  readonly part?: 'decoder' | 'encoder';
}

export const PARTS = ['key', 'value'] as const;

export function pastInput(layer: number, part: (typeof PARTS)[number], of?: string): string {
  return ['past_key_values', layer, ...(of ? [of] : []), part].join('.');
}

export function presentOutput(layer: number, part: (typeof PARTS)[number], of?: string): string {
  return ['present', layer, ...(of ? [of] : []), part].join('.');
}

/** Declares the inputs of all layers. */
export function declarePast({ graph }: PlainParts, { layers, heads, dim, part: of }: CacheShape): void {
  for (let layer = 0; layer < layers; layer++) {
    for (const part of PARTS)
      graph.input(pastInput(layer, part, of), ELEMENT.float32, [
        'batch_size',
        heads,
        `past_${of ?? ''}`,
        dim,
      ]);
  }
}

/** Declares what is called as outputs of all layers are. */
export function declarePresent({ graph }: PlainParts, { layers, heads, dim, part: of }: CacheShape): void {
  for (let layer = 0; layer < layers; layer++) {
    for (const part of PARTS)
      graph.output(presentOutput(layer, part, of), ELEMENT.float32, [
        'batch_size',
        heads,
        `all_${of ?? ''}`,
        dim,
      ]);
  }
}

/** The past and the new tokens of a layer together, [batch, heads, tokens, dim]; without a past the new ones alone. */
export function extend(
  parts: PlainParts,
  layer: number,
  fresh: { readonly key: string; readonly value: string },
  { of, hasPast }: { readonly of?: string; readonly hasPast: boolean },
): { readonly key: string; readonly value: string } {
  const both = (part: (typeof PARTS)[number]) => {
    const name = presentOutput(layer, part, of);
    return hasPast
      ? parts.concat([pastInput(layer, part, of), fresh[part]], 2, name)
      : parts.graph.op('Identity', [fresh[part]], name);
  };
  return { key: both('key'), value: both('value') };
}

/** Which entries a token may not see, [tokens, all entries]: those after it. `past` is the number of earlier tokens. */
export function hiddenFuture(parts: PlainParts, ids: string, past: string): string {
  const { graph } = parts;
  const total = graph.op('Add', [past, parts.lengthOf(ids, 1, 'future/tokens')], 'future/total');
  const all = parts.range(parts.integer(0), total, 'future/all');
  const own = graph.op(
    'Unsqueeze',
    [parts.range(past, total, 'future/own'), parts.integers(1)],
    'future/column',
  );
  return graph.op('Greater', [all, own], 'future');
}
