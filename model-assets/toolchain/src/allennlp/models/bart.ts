/** bart: the encoder and decoder of BART (https://arxiv.org/abs/1910.13461), as Hugging Face's BartForConditionalGeneration computes them. */
import { z } from 'zod';
import { activation, parseConfig, size } from '../../graph/config.ts';
import { activate } from '../../graph/encoder.ts';
import { float, int } from '../../graph/node.ts';
import { ignored } from '../modules/build.ts';
import {
  type AttentionLayer,
  attendSource,
  attendSteps,
  sourceMemory,
} from '../modules/decoders/attention-layers.ts';
import { beamParams } from '../modules/decoders/encoded-source.ts';
import { logSoftmax, StepGraph } from '../modules/decoders/step.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraph, ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { linear } from '../modules/nodes/linear.ts';

import { integers, op, scalar } from '../modules/nodes/ops.ts';
import { openTransformer } from '../modules/transformers/hub-model.ts';
import { maskOfBool } from '../modules/transformers/pretrained-transformer.ts';

const params = z.strictObject({
  model_name: z.string(),
  ...beamParams,
  // Another encoder in place of BART's own.
  encoder: z.null({ error: 'of another kind than BART is not supported' }).optional(),
  /** It names the tokens in the answer: those of the hub model. */
  indexer: ignored,
  initializer: ignored,
  regularizer: ignored,
});

const configSchema = z
  .object({
    model_type: z.literal('bart'),
    d_model: size,
    decoder_layers: size,
    decoder_attention_heads: size,
    decoder_ffn_dim: size,
    activation_function: activation.default('gelu'),
    max_position_embeddings: size,
    scale_embedding: z.boolean().default(false),
  })
  .refine((config) => config.d_model % config.decoder_attention_heads === 0, {
    path: ['decoder_attention_heads'],
    message: 'must divide d_model',
  });
type Config = z.infer<typeof configSchema>;

/** Fixed in the code of BART, not in its configuration. */
const EPSILON = 1e-5;
/** Rows of the table of positions before that of the first one. */
const FIRST_POSITION = 2;

export const bart: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 'bart',
  params,
  build(scope, parsed) {
    const hub = scope.archive.hubConfig(parsed.model_name);
    const config = parseConfig(configSchema, hub);
    const place = scope.at('bart.model');
    const encoder = openTransformer(place, hub, { part: 'encoder', subModule: 'encoder' });
    const axes = ['batch', 'source_tokens/tokens'];
    const ids = scope.input('source_tokens.tokens.token_ids', 'int64', axes);
    const mask = scope.input('source_tokens.tokens.mask', 'bool', axes);
    const vectors = encoder.encode({ ids, mask, types: undefined }).at(-1) ?? '';
    const memory = layersOf(config).map((layer) =>
      sourceMemory(scope, vectors, attention(place, config, layer, 'encoder_attn')),
    );
    const outputs = Object.assign({}, ...memory);
    return {
      encoder: finishGraph(scope, {
        ...outputs,
        'memory.mask': { value: maskOfBool(scope, mask), axes: ['batch', 'source'] },
      }),
      step: buildStep(scope.inNewGraph('step'), config),
    };
  },
};

function buildStep(scope: Scope, config: Config): ArchiveGraph {
  const step = new StepGraph(scope);
  const model = scope.at('bart.model');
  const decoder = model.at('decoder');
  const { d_model: width } = config;
  const [classes = 0] = model.dims('shared.weight') ?? [];
  let x = norm(decoder.at('layernorm_embedding'), embed(step, decoder, classes, config), width);
  for (const index of layersOf(config)) {
    const place = decoder.at(`layers.${index}`);
    const residual = (found: string, name: string) =>
      norm(place.at(name), op(scope, 'Add', [x, found]), width);
    const own = attention(model, config, index, 'self_attn');
    x = residual(attendSteps(step, x, own, step.visible), 'self_attn_layer_norm');
    const source = attention(model, config, index, 'encoder_attn');
    x = residual(attendSource(step, x, source), 'encoder_attn_layer_norm');
    const wide = linear(place.at('fc1'), x, width, config.decoder_ffn_dim);
    const active = activate(scope.graph, config.activation_function, wide, place.name('activation'));
    x = residual(linear(place.at('fc2'), active, config.decoder_ffn_dim, width), 'final_layer_norm');
  }
  const logits = linear(scope.at('bart.lm_head'), x, width, classes, { bias: false });
  const bias = scope.at('bart').weight('final_logits_bias', [1, classes]);
  return step.finish(logSoftmax(scope, op(scope, 'Add', [logits, bias])));
}

/** The words and the position of the step, `[inputs, beams, width]`. */
function embed(step: StepGraph, decoder: Scope, classes: number, config: Config): string {
  const { scope } = step;
  const { d_model: width, max_position_embeddings: positions } = config;
  const table = decoder.weight('embed_tokens.weight', [classes, width]);
  const found = op(scope, 'Gather', [table, step.last], { axis: int(0) });
  const words = config.scale_embedding ? op(scope, 'Mul', [found, scalar(scope, Math.sqrt(width))]) : found;
  const rows = decoder.weight('embed_positions.weight', [positions + FIRST_POSITION, width]);
  const row = op(scope, 'Add', [step.number, integers(scope, [FIRST_POSITION])]);
  return op(scope, 'Add', [words, op(scope, 'Gather', [rows, row], { axis: int(0) })]);
}

function attention(
  model: Scope,
  config: Config,
  layer: number,
  name: 'self_attn' | 'encoder_attn',
): AttentionLayer {
  const { d_model: width, decoder_attention_heads: heads } = config;
  const place = model.at(`decoder.layers.${layer}.${name}`);
  const names = { query: 'q_proj', key: 'k_proj', value: 'v_proj', output: 'out_proj' } as const;
  return {
    layer,
    heads,
    dim: width / heads,
    project(part, x) {
      const projected = linear(place.at(names[part]), x, width, width);
      if (part !== 'query') return projected;
      return op(place, 'Mul', [projected, scalar(place, 1 / Math.sqrt(width / heads))]);
    },
  };
}

function layersOf({ decoder_layers: layers }: Config): number[] {
  return Array.from({ length: layers }, (_, index) => index);
}

function norm(scope: Scope, x: string, width: number): string {
  const inputs = [x, scope.weight('weight', [width]), scope.weight('bias', [width])];
  return op(scope, 'LayerNormalization', inputs, { axis: int(-1), epsilon: float(EPSILON) });
}
