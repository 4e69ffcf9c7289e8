/**
 * T5 and Marian as exports for transformers.js have them: an encoder to `last_hidden_state`, and a decoder whose first run computes keys and
 * values of the source, which the next ones read as inputs.
 */
import { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import type { OnnxModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import { type WeightSource, Weights } from '../../../../model-assets/toolchain/src/graph/weights.ts';
import { declarePast, declarePresent, extend, PARTS, pastInput, presentOutput } from './plain-cache.ts';
import { finishPlain } from './plain-model.ts';
import { PlainParts } from './plain-parts.ts';

export interface Seq2SeqConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/** Where a layer of attention is in a checkpoint, and who reads. */
export interface AttentionPlace {
  readonly part: 'encoder' | 'decoder';
  readonly layer: number;
  readonly kind: 'self' | 'cross';
}

/** What one family has in its own way. */
export interface Seq2SeqFamily {
  /** Words of [batch, tokens] ids as what the first layer reads; `past` is the number of earlier tokens. */
  embed(parts: PlainParts, ids: string, part: 'encoder' | 'decoder', past: string): string;
  /** What is added to the scores of tokens of a part, `hidden` of them the lowest number. */
  bias(parts: PlainParts, ids: string, part: 'encoder' | 'decoder', past: string, hidden: string): string;
  project(
    parts: PlainParts,
    x: string,
    place: AttentionPlace,
    which: 'q' | 'k' | 'v' | 'o',
    at: string,
  ): string;
  /** `x` and what `work` makes of it, normalised where the family does. */
  residual(parts: PlainParts, x: string, norm: NormPlace, at: string, work: (read: string) => string): string;
  feedForward(parts: PlainParts, x: string, part: 'encoder' | 'decoder', layer: number, at: string): string;
  finish(parts: PlainParts, x: string, part: 'encoder' | 'decoder'): string;
  head(parts: PlainParts, x: string): void;
}

export interface NormPlace {
  readonly part: 'encoder' | 'decoder';
  readonly layer: number;
  readonly of: 'self' | 'cross' | 'feed_forward';
}

export interface Seq2SeqExport {
  readonly config: Seq2SeqConfig;
  readonly family: Seq2SeqFamily;
  readonly source: WeightSource;
  /** What a checkpoint puts before the names of the base model. */
  readonly prefix: string;
}

export function exportEncoder({ config, family, source, prefix }: Seq2SeqExport): OnnxModel {
  const { layers, width } = config;
  const parts = new PlainParts(new GraphBuilder('encoder'), new Weights(source, prefix));
  const { graph } = parts;
  const ids = graph.input('input_ids', ELEMENT.int64, ['batch_size', 'source']);
  const mask = graph.input('attention_mask', ELEMENT.int64, ['batch_size', 'source']);
  const bias = family.bias(parts, ids, 'encoder', parts.integer(0), parts.hiddenBy(mask, 'padding'));
  let x = family.embed(parts, ids, 'encoder', parts.integer(0));
  for (let layer = 0; layer < layers; layer++) {
    const at = `layer.${layer}`;
    const place = { part: 'encoder', layer, kind: 'self' } as const;
    x = family.residual(parts, x, { part: 'encoder', layer, of: 'self' }, `${at}/attention`, (read) => {
      const query = headed(parts, config, family, read, place, 'q', at);
      const key = headed(parts, config, family, read, place, 'k', at);
      const value = headed(parts, config, family, read, place, 'v', at);
      const context = parts.attend({ query, key, value, bias }, width, at);
      return family.project(parts, context, place, 'o', `${at}/output`);
    });
    x = family.residual(parts, x, { part: 'encoder', layer, of: 'feed_forward' }, `${at}/wide`, (read) =>
      family.feedForward(parts, read, 'encoder', layer, at),
    );
  }
  graph.op('Identity', [family.finish(parts, x, 'encoder')], 'last_hidden_state');
  graph.output('last_hidden_state', ELEMENT.float32, ['batch_size', 'source', width]);
  return finishPlain(graph.build());
}

/** The run that begins, or one that goes on. */
export function exportDecoder(
  { config, family, source, prefix }: Seq2SeqExport,
  { hasPast }: { readonly hasPast: boolean },
): OnnxModel {
  const { layers, width, heads, vocabulary } = config;
  const dim = width / heads;
  const parts = new PlainParts(new GraphBuilder('decoder'), new Weights(source, prefix));
  const { graph } = parts;
  const ids = graph.input('input_ids', ELEMENT.int64, ['batch_size', 'tokens']);
  const mask = graph.input('encoder_attention_mask', ELEMENT.int64, ['batch_size', 'source']);
  const states = graph.input('encoder_hidden_states', ELEMENT.float32, ['batch_size', 'source', width]);
  for (const part of ['decoder', 'encoder'] as const) declarePast(parts, { layers, heads, dim, part });
  const past = hasPast ? parts.lengthOf(pastInput(0, 'key', 'decoder'), 2, 'past') : parts.integer(0);
  const bias = family.bias(parts, ids, 'decoder', past, '');
  const sourceBias = parts.biasOf(parts.hiddenBy(mask, 'padding'), 'source/bias');
  let x = family.embed(parts, ids, 'decoder', past);
  for (let layer = 0; layer < layers; layer++) {
    const at = `layer.${layer}`;
    const own = { part: 'decoder', layer, kind: 'self' } as const;
    x = family.residual(parts, x, { part: 'decoder', layer, of: 'self' }, `${at}/self`, (read) => {
      const query = headed(parts, config, family, read, own, 'q', `${at}/self`);
      const key = headed(parts, config, family, read, own, 'k', `${at}/self`);
      const value = headed(parts, config, family, read, own, 'v', `${at}/self`);
      const entries = extend(parts, layer, { key, value }, { of: 'decoder', hasPast });
      const context = parts.attend({ query, ...entries, bias }, width, `${at}/self`);
      return family.project(parts, context, own, 'o', `${at}/self/output`);
    });
    const cross = { part: 'decoder', layer, kind: 'cross' } as const;
    x = family.residual(parts, x, { part: 'decoder', layer, of: 'cross' }, `${at}/cross`, (read) => {
      const query = headed(parts, config, family, read, cross, 'q', `${at}/cross`);
      const [key = '', value = ''] = PARTS.map((name) => {
        const present = presentOutput(layer, name, 'encoder');
        if (hasPast) {
          // Whoever calls keeps what it has; the output is there for the branches to be alike.
          graph.op(
            'Identity',
            [parts.floats('nothing', [0, heads, 1, dim], () => new Float32Array())],
            present,
          );
          return pastInput(layer, name, 'encoder');
        }
        const which = name === 'key' ? 'k' : 'v';
        const fresh = headed(parts, config, family, states, cross, which, `${at}/cross`);
        return graph.op('Identity', [fresh], present);
      });
      const context = parts.attend({ query, key, value, bias: sourceBias }, width, `${at}/cross`);
      return family.project(parts, context, cross, 'o', `${at}/cross/output`);
    });
    x = family.residual(parts, x, { part: 'decoder', layer, of: 'feed_forward' }, `${at}/wide`, (read) =>
      family.feedForward(parts, read, 'decoder', layer, at),
    );
  }
  family.head(parts, family.finish(parts, x, 'decoder'));
  graph.output('logits', ELEMENT.float32, ['batch_size', 'tokens', vocabulary]);
  for (const part of ['decoder', 'encoder'] as const) declarePresent(parts, { layers, heads, dim, part });
  return finishPlain(graph.build());
}

function headed(
  parts: PlainParts,
  { heads, width }: Seq2SeqConfig,
  family: Seq2SeqFamily,
  x: string,
  place: AttentionPlace,
  which: 'q' | 'k' | 'v',
  at: string,
): string {
  const projected = family.project(parts, x, place, which, `${at}/${which}`);
  return parts.divide(projected, heads, width / heads, `${at}/${which}/divided`);
}
