/** Marian in the operators of an export. */
import { sinusoids } from '../../../../model-assets/toolchain/src/generation/graph/seq2seq/sinusoids.ts';
import type { Seq2SeqConfig, Seq2SeqFamily } from './encoder-decoders.ts';
import { hiddenFuture } from './plain-cache.ts';

const NAMES = { q: 'q_proj', k: 'k_proj', v: 'v_proj', o: 'out_proj' } as const;
const NORMS = {
  self: 'self_attn_layer_norm',
  cross: 'encoder_attn_layer_norm',
  feed_forward: 'final_layer_norm',
} as const;

export function marianFamily({ width, heads, vocabulary }: Seq2SeqConfig, positions: number): Seq2SeqFamily {
  const layerOf = (part: string, layer: number) => `${part}.layers.${layer}`;
  return {
    embed(parts, ids, _part, past) {
      const { graph } = parts;
      const table = parts.floats('positions', [positions, width], () => sinusoids(positions, width));
      const total = graph.op('Add', [past, parts.lengthOf(ids, 1, 'places/tokens')], 'places/total');
      const located = parts.lookUp(table, parts.range(past, total, 'places'), 'places/rows');
      const words = parts.lookUp(parts.tensor('shared.weight', [vocabulary, width]), ids, 'words');
      const scaled = graph.op('Mul', [words, parts.scalar(Math.sqrt(width))], 'words/scaled');
      return graph.op('Add', [scaled, located], 'embeddings');
    },
    bias: (parts, ids, part, past, hidden) =>
      parts.biasOf(part === 'encoder' ? hidden : hiddenFuture(parts, ids, past), 'bias'),
    project(parts, x, { part, layer, kind }, which, at) {
      const attention = kind === 'self' ? 'self_attn' : 'encoder_attn';
      const projected = parts.linear(
        x,
        `${layerOf(part, layer)}.${attention}.${NAMES[which]}`,
        [width, width],
        at,
      );
      if (which !== 'q') return projected;
      return parts.graph.op('Mul', [projected, parts.scalar((width / heads) ** -0.5)], `${at}/scaled`);
    },
    residual(parts, x, { part, layer, of }, at, work) {
      const sum = parts.graph.op('Add', [x, work(x)], `${at}/sum`);
      return parts.layerNorm(sum, `${layerOf(part, layer)}.${NORMS[of]}`, width, `${at}/norm`);
    },
    feedForward(parts, x, part, layer, at) {
      const wide = parts.linear(x, `${layerOf(part, layer)}.fc1`, [width, 4 * width], `${at}/expand`);
      const gate = parts.graph.op('Sigmoid', [wide], `${at}/sigmoid`);
      const active = parts.graph.op('Mul', [wide, gate], `${at}/swish`);
      return parts.linear(active, `${layerOf(part, layer)}.fc2`, [4 * width, width], `${at}/contract`);
    },
    finish: (_parts, x) => x,
    head(parts, x) {
      const product = parts.score(x, 'shared.weight', [vocabulary, width], 'logits/product');
      parts.graph.op('Add', [product, parts.tensor('final_logits_bias', [1, vocabulary])], 'logits');
    },
  };
}
