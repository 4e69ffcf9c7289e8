/** Encoders of sequences without layers of their own: pass_through, feedforward and compose. */
import { z } from 'zod';
import { ToolchainError } from '../../../errors.ts';
import { buildModule, count, nested } from '../build.ts';
import type { ModuleDefinition, Seq2SeqEncoder } from '../module.ts';
import { zeroPadding } from '../nodes/masks.ts';

const passThroughParams = z.strictObject({ input_dim: count });

export const passThrough: ModuleDefinition<z.infer<typeof passThroughParams>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'pass_through',
  params: passThroughParams,
  build: (scope, { input_dim: dim }) => ({
    outputDim: dim,
    isBidirectional: false,
    encode: (x, mask) => zeroPadding(scope, x, mask),
  }),
};

const feedforwardParams = z.strictObject({ feedforward: nested });

export const feedforwardEncoder: ModuleDefinition<z.infer<typeof feedforwardParams>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'feedforward',
  params: feedforwardParams,
  nested: { feedforward: { role: 'feedforward' } },
  build(scope, { feedforward: layers }) {
    const feedforward = buildModule('feedforward', scope.at('_feedforward'), layers);
    return {
      outputDim: feedforward.outputDim,
      isBidirectional: false,
      encode: (x, mask) => zeroPadding(scope, feedforward.apply(x), mask),
    };
  },
};

const composeParams = z.strictObject({ encoders: z.array(nested).min(1) });

export const compose: ModuleDefinition<z.infer<typeof composeParams>, Seq2SeqEncoder> = {
  role: 'seq2seq_encoder',
  type: 'compose',
  params: composeParams,
  nested: { encoders: { role: 'seq2seq_encoder', many: 'list' } },
  build(scope, { encoders: entries }) {
    const encoders = entries.map((entry, index) =>
      buildModule('seq2seq_encoder', scope.at(`encoder${index}`), entry),
    );
    const last = encoders.at(-1);
    if (
      last === undefined ||
      encoders.some(({ isBidirectional }) => isBidirectional !== last.isBidirectional)
    ) {
      throw new ToolchainError(
        'SOURCE_INVALID',
        `${scope.path}: the encoders must all be bidirectional or none.`,
      );
    }
    return {
      outputDim: last.outputDim,
      isBidirectional: last.isBidirectional,
      encode: (x, mask) => encoders.reduce((value, encoder) => encoder.encode(value, mask), x),
    };
  },
};
