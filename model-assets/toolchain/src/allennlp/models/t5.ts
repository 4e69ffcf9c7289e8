/** t5: AllenNLP's own module of T5 (https://arxiv.org/abs/1910.10683), whose tensors have other names than Hugging Face's. */
import { z } from 'zod';
import { parseConfig, size } from '../../graph/config.ts';
import { int } from '../../graph/node.ts';
import { ignored } from '../modules/build.ts';
import {
  type AttentionLayer,
  attendSource,
  attendSteps,
  hiddenSource,
  sourceMemory,
} from '../modules/decoders/attention-layers.ts';
import { beamParams } from '../modules/decoders/encoded-source.ts';
import { distanceBias, stepBias } from '../modules/decoders/relative-bias.ts';
import { logSoftmax, StepGraph } from '../modules/decoders/step.ts';
import { finishGraph } from '../modules/finish-graph.ts';
import type { ArchiveGraph, ArchiveGraphs, ModuleDefinition, Scope } from '../modules/module.ts';
import { applyActivation } from '../modules/nodes/activations.ts';
import { linear } from '../modules/nodes/linear.ts';
import { attendHeads, joinHeads, splitHeads } from '../modules/nodes/multi-head.ts';
import { op, scalar } from '../modules/nodes/ops.ts';
import { rmsNorm } from '../modules/nodes/rms-norm.ts';
import { maskOfBool } from '../modules/transformers/pretrained-transformer.ts';

const { beam_search } = beamParams;
const params = z.strictObject({
  model_name: z.string(),
  beam_search,
  checkpoint_wrapper: ignored,
  weights_path: ignored,
});

const configSchema = z.object({
  model_type: z.literal('t5'),
  d_model: size,
  d_kv: size,
  d_ff: size,
  num_layers: size,
  num_decoder_layers: size.nullish(),
  num_heads: size,
  relative_attention_num_buckets: size.default(32),
  layer_norm_epsilon: z.number().positive().default(1e-6),
  // Those that AllenNLP's module knows.
  feed_forward_proj: z.enum(['relu', 'gated-gelu']).default('relu'),
});
type Config = z.infer<typeof configSchema>;

/** Before attention AllenNLP's layers have this, whatever the configuration says. */
const EPSILON = 1e-6;

export const t5: ModuleDefinition<z.infer<typeof params>, ArchiveGraphs> = {
  role: 'model',
  type: 't5',
  params,
  build(scope, parsed) {
    const config = parseConfig(configSchema, scope.archive.hubConfig(parsed.model_name));
    const place = scope.at('t5');
    const axes = ['batch', 'source_tokens/tokens'];
    const ids = scope.input('source_tokens.tokens.token_ids', 'int64', axes);
    const mask = maskOfBool(scope, scope.input('source_tokens.tokens.mask', 'bool', axes));
    const vectors = encode(place, config, ids, mask);
    const memory = decoderLayers(config).map((layer) =>
      sourceMemory(scope, vectors, sourceAttention(place, config, layer)),
    );
    return {
      encoder: finishGraph(scope, {
        ...Object.assign({}, ...memory),
        'memory.mask': { value: mask, axes: ['batch', 'source'] },
      }),
      step: buildStep(scope.inNewGraph('step'), config),
    };
  },
};

/** `[batch, tokens]` ids to `[batch, tokens, d_model]` */
function encode(place: Scope, config: Config, ids: string, mask: string): string {
  const stack = place.at('encoder');
  const heads = { heads: config.num_heads, dim: config.d_kv };
  const first = stack.at('blocks.0.layer.0.self_attention');
  const bias = op(place, 'Add', [
    distanceBias(first, ids, heads.heads, config.relative_attention_num_buckets),
    hiddenSource(place, mask),
  ]);
  let x = lookUp(place, ids, config);
  for (let index = 0; index < config.num_layers; index++) {
    const block = stack.at(`blocks.${index}`);
    const { project } = attention(block.at('layer.0.self_attention'), config, index);
    const normed = rmsNorm(block.at('layer.0.layer_norm'), x, config.d_model, EPSILON);
    const [query = '', key = '', value = ''] = (['query', 'key', 'value'] as const).map((part) =>
      splitHeads(place, project(part, normed), heads),
    );
    const found = joinHeads(place, attendHeads(place, query, key, value, bias), heads);
    x = op(place, 'Add', [x, project('output', found)]);
    x = feedForward(block.at('layer.1'), x, config);
  }
  return rmsNorm(stack.at('final_layer_norm'), x, config.d_model, config.layer_norm_epsilon);
}

function buildStep(scope: Scope, config: Config): ArchiveGraph {
  const step = new StepGraph(scope);
  const place = scope.at('t5');
  const stack = place.at('decoder');
  const first = stack.at('blocks.0.layer.0.self_attention');
  const bias = stepBias(first, step, config.num_heads, config.relative_attention_num_buckets);
  let x = lookUp(place, step.last, config);
  for (const index of decoderLayers(config)) {
    const block = stack.at(`blocks.${index}`);
    const own = attention(block.at('layer.0.self_attention'), config, index);
    const normed = rmsNorm(block.at('layer.0.layer_norm'), x, config.d_model, EPSILON);
    x = op(scope, 'Add', [x, attendSteps(step, normed, own, bias)]);
    const asking = rmsNorm(block.at('layer.1.layer_norm'), x, config.d_model, EPSILON);
    x = op(scope, 'Add', [x, attendSource(step, asking, sourceAttention(place, config, index))]);
    x = feedForward(block.at('layer.2'), x, config);
  }
  const normed = rmsNorm(stack.at('final_layer_norm'), x, config.d_model, config.layer_norm_epsilon);
  // AllenNLP scales here whether or not the head is the table of words.
  const scaled = op(scope, 'Mul', [normed, scalar(scope, config.d_model ** -0.5)]);
  const logits = linear(place.at(head(place)), scaled, config.d_model, classesOf(place), { bias: false });
  return step.finish(logSoftmax(scope, logits));
}

/** A tied head may be left out of the file. */
function head(place: Scope): string {
  return place.has('lm_head.weight') ? 'lm_head' : 'token_embeddings';
}

function lookUp(place: Scope, ids: string, { d_model: width }: Config): string {
  const table = place.weight('token_embeddings.weight', [classesOf(place), width]);
  return op(place, 'Gather', [table, ids], { axis: int(0) });
}

/** The rows of the table of words, which may be more than the vocabulary has. */
function classesOf(place: Scope): number {
  const [rows = 0] = place.dims('token_embeddings.weight') ?? [];
  return rows;
}

function feedForward(place: Scope, x: string, config: Config): string {
  const { d_model: width, d_ff: inner } = config;
  const normed = rmsNorm(place.at('layer_norm'), x, width, config.layer_norm_epsilon);
  const wide = (name: string) => linear(place.at(`ff_proj.${name}`), normed, width, inner, { bias: false });
  const active =
    config.feed_forward_proj === 'relu'
      ? applyActivation(place, 'relu', wide('wi'))
      : op(place, 'Mul', [applyActivation(place, 'gelu_new', wide('wi_0')), wide('wi_1')]);
  return op(place, 'Add', [x, linear(place.at('ff_proj.wo'), active, inner, width, { bias: false })]);
}

function sourceAttention(place: Scope, config: Config, layer: number): AttentionLayer {
  return attention(place.at(`decoder.blocks.${layer}.layer.1.enc_dec_attention`), config, layer);
}

/** T5 does not scale the products of queries and keys. */
function attention(place: Scope, config: Config, layer: number): AttentionLayer {
  const { d_model: width, d_kv: dim, num_heads: heads } = config;
  return {
    layer,
    heads,
    dim,
    project(part, x) {
      const [inputs, outputs] = part === 'output' ? [heads * dim, width] : [width, heads * dim];
      return linear(place.at(part), x, inputs, outputs, { bias: false });
    },
  };
}

function decoderLayers({ num_decoder_layers: layers, num_layers: ofEncoder }: Config): number[] {
  return Array.from({ length: layers ?? ofEncoder }, (_, index) => index);
}
