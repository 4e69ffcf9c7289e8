/** The attention of the layers of an encoder: each token of a source sees all of them. */
import { MICROSOFT } from '../../../graph/builder.ts';
import { float, int } from '../../../graph/node.ts';
import { type AttentionLayers, type Building, projectIn, projectOut } from './attention-layers.ts';

/** What attention reads beside its tokens. */
export interface AttentionInputs {
  /** [b, E] int32, 0 for padding. */
  readonly mask: string;
  /** [1, heads, E, E], added to the scores. @default - nothing is added */
  readonly bias?: string;
}

/** What the tokens find among each other: `x` [b, E, width] to the same. */
export function encoderAttention(
  building: Building,
  x: string,
  layers: AttentionLayers,
  { mask, bias }: AttentionInputs,
  at: string,
): string {
  const { graph } = building;
  const merged = projectIn(building, x, layers, ['query', 'key', 'value'], `${at}/query_key_value`);
  const parts = graph.ops('Split', [merged], `${at}/split`, 3, {
    attributes: { axis: int(-1), num_outputs: int(3) },
  });
  const inputs = [...parts, '', mask, ...(bias === undefined ? [] : [bias])];
  const found = graph.op('MultiHeadAttention', inputs, `${at}/found`, {
    domain: MICROSOFT,
    attributes: { num_heads: int(layers.heads), scale: float(layers.scale) },
  });
  return projectOut(building, found, layers, `${at}/output`);
}
