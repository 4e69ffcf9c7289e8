/** The graphs of BART (https://arxiv.org/abs/1910.13461) and of the families that took its code over. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { firstRows } from '../../../graph/bart.ts';
import { floatTensor } from '../../../graph/tensor.ts';
import { type WeightSource, Weights } from '../../../graph/weights.ts';
import type { BuiltGenerator, BuiltPart } from '../family.ts';
import type { Building } from '../seq2seq/attention-layers.ts';
import { selfAttention, sourceAttention } from '../seq2seq/decoder-attention.ts';
import { encoderAttention } from '../seq2seq/encoder-attention.ts';
import { encoderGraph, type SourceInputs } from '../seq2seq/encoder-graph.ts';
import { headTable, wordTable } from '../seq2seq/word-tables.ts';
import { lookUp, score } from '../step/head.ts';
import { StepGraph } from '../step/step-graph.ts';
import { type BartConfig, readBartConfig } from './bart-config.ts';
import { attentionLayers, BartLayers, type BartLayout } from './bart-layers.ts';

/** Tensors that old releases saved: the table of words beside copies of it, and the version of a part. */
const NOT_READ = /^(model\.)?(shared\.weight|(encoder|decoder)\.version)$/;

/** @throws ToolchainError as `build` of a family does */
export function buildBart(
  json: unknown,
  source: WeightSource,
  layout: BartLayout,
): Omit<BuiltGenerator, 'family'> {
  const config = readBartConfig(json);
  const weights = new Weights(source, 'model.');
  const { layers, heads, words } = config.decoder;
  const dim = config.width / heads;
  const decoder: DecoderFacts = {
    layers,
    heads,
    dim,
    vocabSize: words,
    maxPositions: config.positions,
    cross: { heads, dim, maxTokens: config.positions },
  };
  const cross = Array.from({ length: layers }, (_, index) =>
    attentionLayers(config, config.decoder, index, 'encoder_attn'),
  );
  const encoder = encoderGraph(
    `${layout.name}.encoder`,
    weights,
    (building, inputs) => encode(building, config, layout, inputs),
    cross,
  );
  const step = buildStep(new StepGraph(`${layout.name}.step`, decoder), weights, config, layout);
  const unused = weights.unused().filter((tensor) => !NOT_READ.test(tensor));
  return { encoder, step, decoder, notes: [], unused };
}

/** [b, E] ids to the last states, [b, E, width]. */
function encode(
  building: Building,
  config: BartConfig,
  layout: BartLayout,
  { ids, mask }: SourceInputs,
): string {
  const { graph, weights } = building;
  const { width, encoder } = config;
  const layers = new BartLayers(building, config, layout, encoder);
  const { rows, count } = layers.readPositions();
  const words = wordTable(graph, weights, 'encoder', { rows: encoder.words, width });
  let x = layers.embed(words, ids, firstRows(graph, rows, [count, width], ids));
  for (let index = 0; index < encoder.layers; index++) {
    const at = `layer.${index}`;
    x = layers.residual(x, index, 'self_attn_layer_norm', `${at}/attention`, (read, name) =>
      encoderAttention(building, read, layers.attention(index, 'self_attn'), { mask }, name),
    );
    x = layers.feedForward(x, index, `${at}/feed_forward`);
  }
  return layers.finish(x, 'states');
}

function buildStep(step: StepGraph, weights: Weights, config: BartConfig, layout: BartLayout): BuiltPart {
  const { graph } = step;
  const building = { graph, weights, step };
  const { width, decoder } = config;
  const size = { rows: decoder.words, width };
  const layers = new BartLayers(building, config, layout, decoder);
  const positions = layers.readPositions();
  const table = graph.constant(floatTensor('positions.weight', [positions.count, width], positions.rows));
  const words = wordTable(graph, weights, 'decoder', size);
  const mask = step.mask({ windowed: false });
  let x = layers.embed(words, step.ids, lookUp(graph, table, step.positions, 'embeddings/positions'));
  for (let index = 0; index < decoder.layers; index++) {
    const at = `layer.${index}`;
    x = layers.residual(x, index, 'self_attn_layer_norm', `${at}/self`, (read, name) =>
      selfAttention(building, index, read, layers.attention(index, 'self_attn'), mask, name),
    );
    x = layers.residual(x, index, 'encoder_attn_layer_norm', `${at}/cross`, (read, name) =>
      sourceAttention(building, index, read, layers.attention(index, 'encoder_attn'), name),
    );
    x = layers.feedForward(x, index, `${at}/feed_forward`);
  }
  const rows = layers.finish(step.chooseRows(x, width), 'head/norm');
  const head = headTable(graph, weights, words, size);
  const bias = 'final_logits_bias';
  if (weights.has(bias)) {
    const values = floatTensor('head.bias', [decoder.words], weights.get(bias, [1, decoder.words]));
    graph.op('Add', [score(graph, rows, head, 'head/product'), graph.constant(values)], 'logits');
  } else {
    score(graph, rows, head, 'logits');
  }
  return step.finish();
}
