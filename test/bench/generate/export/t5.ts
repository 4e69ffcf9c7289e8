/** T5 in the operators of an export. The buckets of distances are a table, where exports compute them in the graph. */
import { bucketBothWays, bucketOf } from '../../../../model-assets/toolchain/src/graph/relative-bucket.ts';
import { int64Tensor } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import type { Seq2SeqConfig, Seq2SeqFamily } from './encoder-decoders.ts';
import type { PlainParts } from './plain-parts.ts';

const BUCKETS = { count: 32, maxDistance: 128 };
const EPSILON = 1e-6;
/** Farther tokens are in the last bucket, as this one is. */
const FARTHEST = 512;

type Part = 'encoder' | 'decoder';

export function t5Family({ width, heads, vocabulary }: Seq2SeqConfig): Seq2SeqFamily {
  const block = (part: Part, layer: number) => `${part}.block.${layer}.layer`;
  const last = (part: Part) => (part === 'encoder' ? 1 : 2);
  const words = (parts: PlainParts) => parts.tensor('shared.weight', [vocabulary, width]);
  return {
    embed: (parts, ids) => parts.lookUp(words(parts), ids, 'words'),
    bias(parts, ids, part, past, hidden) {
      const { graph } = parts;
      const places = locate(parts, ids, past);
      const masked =
        part === 'encoder' ? hidden : graph.op('Greater', [places.all, places.own], 'places/future');
      const learned = distanceBias(parts, part, places, heads);
      return graph.op('Add', [learned, parts.biasOf(masked, 'bias/hidden')], 'bias');
    },
    project(parts, x, { part, layer, kind }, which, at) {
      const attention = kind === 'self' ? '0.SelfAttention' : '1.EncDecAttention';
      const from = `${block(part, layer)}.${attention}.${which}`;
      return parts.linear(x, from, [width, width], at, { bias: false });
    },
    residual(parts, x, { part, layer, of }, at, work) {
      const number = { self: 0, cross: 1, feed_forward: last(part) }[of];
      const norm = `${block(part, layer)}.${number}.layer_norm`;
      const read = parts.rmsNorm(x, norm, width, EPSILON, `${at}/norm`);
      return parts.graph.op('Add', [x, work(read)], `${at}/sum`);
    },
    feedForward(parts, x, part, layer, at) {
      const from = `${block(part, layer)}.${last(part)}.DenseReluDense`;
      const wide = parts.linear(x, `${from}.wi`, [width, 4 * width], `${at}/expand`, { bias: false });
      const active = parts.graph.op('Relu', [wide], `${at}/relu`);
      return parts.linear(active, `${from}.wo`, [4 * width, width], `${at}/contract`, { bias: false });
    },
    finish: (parts, x, part) => parts.rmsNorm(x, `${part}.final_layer_norm`, width, EPSILON, 'norm'),
    head(parts, x) {
      const scaled = parts.graph.op('Mul', [x, parts.scalar(width ** -0.5)], 'scaled');
      parts.score(scaled, 'shared.weight', [vocabulary, width], 'logits');
    },
  };
}

interface Places {
  /** Of the tokens of a run, as a column: [tokens, 1]. */
  readonly own: string;
  /** Of these and of all before them: [all]. */
  readonly all: string;
}

function locate(parts: PlainParts, ids: string, past: string): Places {
  const { graph } = parts;
  const total = graph.op('Add', [past, parts.lengthOf(ids, 1, 'places/tokens')], 'places/total');
  const own = parts.range(past, total, 'places/own');
  return {
    own: graph.op('Unsqueeze', [own, parts.integers(1)], 'places/column'),
    all: parts.range(parts.integer(0), total, 'places/all'),
  };
}

/** [1, heads, tokens, all]. */
function distanceBias(parts: PlainParts, part: Part, { own, all }: Places, heads: number): string {
  const { graph } = parts;
  const distance = graph.op('Sub', [all, own], 'distance');
  const shifted = graph.op('Add', [distance, parts.integer(FARTHEST)], 'distance/shifted');
  const kept = graph.op('Clip', [shifted, parts.integer(0), parts.integer(2 * FARTHEST)], 'distance/kept');
  const buckets = Array.from({ length: 2 * FARTHEST + 1 }, (_, index) => {
    const relative = index - FARTHEST;
    return part === 'encoder' ? bucketBothWays(relative, BUCKETS) : bucketOf(Math.max(-relative, 0), BUCKETS);
  });
  const name = `buckets.${part}`;
  const table = graph.has(name) ? name : graph.constant(int64Tensor(name, [buckets.length], buckets));
  const learned = `${part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  const bucket = parts.lookUp(table, kept, 'distance/bucket');
  const rows = parts.lookUp(parts.tensor(learned, [BUCKETS.count, heads]), bucket, 'distance/rows');
  const turned = parts.turn(rows, [2, 0, 1], 'distance/turned');
  return graph.op('Unsqueeze', [turned, parts.integers(0)], 'distance/bias');
}
