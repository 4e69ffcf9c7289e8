/** What qanet and naqanet share: both texts encoded, attention over attention, and the modeling layer run again and again. */
import { z } from 'zod';
import { ToolchainError } from '../../errors.ts';
import { buildModule, ignored, nested } from '../modules/build.ts';
import type { Nested, Scope } from '../modules/module.ts';
import { highway } from '../modules/nodes/highway.ts';
import { linear } from '../modules/nodes/linear.ts';
import { attendOverAttention, type Encoded } from './passage-attention.ts';

export const qanetParams = {
  text_field_embedder: nested,
  num_highway_layers: z.int().nonnegative(),
  phrase_layer: nested,
  matrix_attention_layer: nested,
  modeling_layer: nested,
  dropout_prob: ignored,
  initializer: ignored,
  regularizer: ignored,
};
const schema = z.strictObject(qanetParams);

export const qanetParts: Readonly<Record<string, Nested>> = {
  text_field_embedder: { role: 'text_field_embedder' },
  phrase_layer: { role: 'seq2seq_encoder' },
  matrix_attention_layer: { role: 'matrix_attention' },
  modeling_layer: { role: 'seq2seq_encoder' },
};

export interface QanetEncoding {
  readonly passage: Encoded;
  readonly question: Encoded;
  /** The width of the encoded texts. */
  readonly encodingDim: number;
  readonly attention: string;
  /** What the modeling layer gives, run once, twice and so on; each `[batch, passage, modelingDim]`. */
  readonly modeled: readonly string[];
  readonly modelingDim: number;
}

/** Encodes the fields `passage` and `question`, and runs the modeling layer `rounds` times. */
export function encodeQanet(scope: Scope, parts: z.infer<typeof schema>, rounds: number): QanetEncoding {
  const embedder = buildModule(
    'text_field_embedder',
    scope.at('_text_field_embedder'),
    parts.text_field_embedder,
  );
  const phrases = buildModule('seq2seq_encoder', scope.at('_phrase_layer'), parts.phrase_layer);
  const matrix = buildModule('matrix_attention', scope.at('_matrix_attention'), parts.matrix_attention_layer);
  const modeling = buildModule('seq2seq_encoder', scope.at('_modeling_layer'), parts.modeling_layer);
  const encoding = outputsOf(scope.at('_embedding_proj_layer'));
  const modelingInputs = outputsOf(scope.at('_modeling_proj_layer'));

  const encode = (field: string): Encoded => {
    const { vectors, mask } = embedder.embed(field);
    const narrow = project(scope.at('_embedding_proj_layer'), vectors, embedder.outputDim, encoding);
    const carried = highway(scope.at('_highway_layer'), narrow, encoding, parts.num_highway_layers);
    const projected = project(scope.at('_encoding_proj_layer'), carried, encoding, encoding);
    return { vectors: phrases.encode(projected, mask), mask };
  };
  const question = encode('question');
  const passage = encode('passage');
  const similarity = matrix.score(passage.vectors, question.vectors);
  const { attention, merged } = attendOverAttention(scope, similarity, passage, question);

  const modeled: string[] = [];
  let value = project(scope.at('_modeling_proj_layer'), merged, 4 * phrases.outputDim, modelingInputs);
  for (let round = 0; round < rounds; round++) {
    value = modeling.encode(value, passage.mask);
    modeled.push(value);
  }
  return {
    passage,
    question,
    encodingDim: phrases.outputDim,
    attention,
    modeled,
    modelingDim: modeling.outputDim,
  };
}

/** A linear layer; archives from before March 2021 have biases where later ones have none. */
function project(place: Scope, x: string, inputs: number, outputs: number): string {
  return linear(place, x, inputs, outputs, { bias: place.has('bias') });
}

/** The input width of an encoder is that of the layer before it. */
function outputsOf(place: Scope): number {
  const outputs = place.dims('weight')?.[0];
  if (outputs !== undefined) return outputs;
  throw new ToolchainError('WEIGHTS_INVALID', `The archive has no tensor '${place.tensorName('weight')}'.`);
}
