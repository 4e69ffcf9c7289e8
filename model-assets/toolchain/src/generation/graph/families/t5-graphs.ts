/** The graphs of T5: norms before each part of a layer, numbers for distances in place of positions, no biases, scores that are not scaled. */
import type { DecoderFacts } from '@pilotlight/model-format';
import { attentionBias } from '../../../graph/attention-bias.ts';
import { dense } from '../../../graph/dense.ts';
import { activate } from '../../../graph/encoder.ts';
import { int } from '../../../graph/node.ts';
import { type WeightSource, Weights } from '../../../graph/weights.ts';
import type { BuiltGenerator, BuiltPart } from '../family.ts';
import type { AttentionLayers, Building } from '../seq2seq/attention-layers.ts';
import { selfAttention, sourceAttention } from '../seq2seq/decoder-attention.ts';
import { distanceBias } from '../seq2seq/distance-bias.ts';
import { encoderAttention } from '../seq2seq/encoder-attention.ts';
import { encoderGraph, type SourceInputs } from '../seq2seq/encoder-graph.ts';
import { headTable, wordTable } from '../seq2seq/word-tables.ts';
import { lookUp, score } from '../step/head.ts';
import { rmsNorm } from '../step/norms.ts';
import { StepGraph } from '../step/step-graph.ts';
import { readT5Config, type T5Config, type T5Defaults } from './t5-config.ts';

/** Tensors that old releases saved: the table of words beside copies of it, and distances to the source, which count nowhere. */
const NOT_READ = /^shared\.weight$|\.EncDecAttention\.relative_attention_bias\.weight$/;

/** @throws ToolchainError as `build` of a family does */
export function buildT5(
  json: unknown,
  source: WeightSource,
  { name, ...defaults }: T5Defaults & { readonly name: string },
): Omit<BuiltGenerator, 'family'> {
  const config = readT5Config(json, defaults);
  const weights = new Weights(source, '');
  const { heads, dim, decoderLayers: layers } = config;
  const decoder: DecoderFacts = { layers, heads, dim, vocabSize: config.words.rows, cross: { heads, dim } };
  const cross = Array.from({ length: layers }, (_, index) => toSource(config, index));
  const encoder = encoderGraph(
    `${name}.encoder`,
    weights,
    (building, inputs) => encode(building, config, inputs),
    cross,
  );
  const step = buildStep(new StepGraph(`${name}.step`, decoder), weights, config);
  const unused = weights.unused().filter((tensor) => !NOT_READ.test(tensor));
  return { encoder, step, decoder, notes: [], unused };
}

/** [b, E] ids to the last states, [b, E, width]. */
function encode(building: Building, config: T5Config, { ids, mask }: SourceInputs): string {
  const { graph, weights } = building;
  const bias = attentionBias(graph, readDistances(weights, config, 'encoder'), config.buckets, ids);
  let x = lookUp(graph, wordTable(graph, weights, 'encoder', config.words), ids, 'words');
  for (let index = 0; index < config.encoderLayers; index++) {
    const block = `encoder.block.${index}.layer`;
    const at = `layer.${index}`;
    x = residual(building, config, x, `${block}.0`, `${at}/attention`, (normed, name) =>
      encoderAttention(building, normed, attention(config, `${block}.0.SelfAttention`), { mask, bias }, name),
    );
    x = feedForward(building, config, x, `${block}.1`, `${at}/feed_forward`);
  }
  return rmsNorm(graph, weights, x, norm(config, 'encoder.final_layer_norm'), 'states');
}

function buildStep(step: StepGraph, weights: Weights, config: T5Config): BuiltPart {
  const { graph } = step;
  const building = { graph, weights, step };
  const mask = distanceBias(step, readDistances(weights, config, 'decoder'), config.buckets);
  const words = wordTable(graph, weights, 'decoder', config.words);
  let x = lookUp(graph, words, step.ids, 'words');
  for (let index = 0; index < config.decoderLayers; index++) {
    const block = `decoder.block.${index}.layer`;
    const at = `layer.${index}`;
    x = residual(building, config, x, `${block}.0`, `${at}/self`, (normed, name) =>
      selfAttention(building, index, normed, attention(config, `${block}.0.SelfAttention`), mask, name),
    );
    x = residual(building, config, x, `${block}.1`, `${at}/cross`, (normed, name) =>
      sourceAttention(building, index, normed, toSource(config, index), name),
    );
    x = feedForward(building, config, x, `${block}.2`, `${at}/feed_forward`);
  }
  const last = { ...norm(config, 'decoder.final_layer_norm'), scale: config.outputScale };
  const rows = rmsNorm(graph, weights, step.chooseRows(x, config.words.width), last, 'head/norm');
  score(graph, rows, headTable(graph, weights, words, config.words), 'logits');
  return step.finish();
}

/** `x` and what a part of a layer makes of it, once it is normalised. */
function residual(
  { graph, weights }: Building,
  config: T5Config,
  x: string,
  part: string,
  at: string,
  work: (normed: string, at: string) => string,
): string {
  const normed = rmsNorm(graph, weights, x, norm(config, `${part}.layer_norm`), `${at}/norm`);
  return graph.op('Add', [x, work(normed, at)], `${at}/sum`);
}

/** Where it is gated, both of its first layers are one product. */
function feedForward(building: Building, config: T5Config, x: string, part: string, at: string): string {
  const { graph, weights } = building;
  const { feedForward: inner, activation, isGated } = config;
  const { width } = config.words;
  const layer = (name: string, outputs: number) => ({
    name: `${part}.DenseReluDense.${name}`,
    outputs,
    bias: false,
  });
  return residual(building, config, x, part, at, (normed) => {
    const first = (isGated ? ['wi_0', 'wi_1'] : ['wi']).map((name) => layer(name, inner));
    const wide = dense(graph, weights, normed, width, first, `${at}/expand`);
    if (!isGated) {
      const active = activate(graph, activation, wide, `${at}/activation`);
      return dense(graph, weights, active, inner, [layer('wo', width)], `${at}/contract`);
    }
    const [gate = '', linear = ''] = graph.ops('Split', [wide], `${at}/split`, 2, {
      attributes: { axis: int(-1), num_outputs: int(2) },
    });
    const active = activate(graph, activation, gate, `${at}/activation`);
    const gated = graph.op('Mul', [active, linear], `${at}/gated`);
    return dense(graph, weights, gated, inner, [layer('wo', width)], `${at}/contract`);
  });
}

/** The table of the first layer, [buckets, heads], which serves all layers. */
function readDistances(
  weights: Weights,
  { buckets, heads }: T5Config,
  part: 'encoder' | 'decoder',
): Float32Array {
  const name = `${part}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
  return weights.get(name, [buckets.count, heads]);
}

function toSource(config: T5Config, index: number): AttentionLayers {
  return attention(config, `decoder.block.${index}.layer.1.EncDecAttention`);
}

function attention({ heads, dim, words: { width } }: T5Config, at: string): AttentionLayers {
  const layers = { query: `${at}.q`, key: `${at}.k`, value: `${at}.v`, output: `${at}.o` };
  return { ...layers, bias: false, heads, dim, width, scale: 1 };
}

function norm({ words: { width }, epsilon }: T5Config, name: string) {
  return { weight: `${name}.weight`, width, epsilon };
}
