/** GPT-2 and Llama as exports for transformers.js have them: `input_ids`, `attention_mask`, `position_ids` and the past to `logits` and the present. */
import { GraphBuilder } from '../../../../model-assets/toolchain/src/graph/builder.ts';
import { int } from '../../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxModel } from '../../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT } from '../../../../model-assets/toolchain/src/graph/tensor.ts';
import { type WeightSource, Weights } from '../../../../model-assets/toolchain/src/graph/weights.ts';
import {
  type CacheShape,
  declarePast,
  declarePresent,
  extend,
  hiddenFuture,
  pastInput,
} from './plain-cache.ts';
import { finishPlain } from './plain-model.ts';
import { PlainParts } from './plain-parts.ts';
import { PlainRotary, repeatHeads } from './plain-rotary.ts';

export interface DecoderConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly inner: number;
  readonly positions: number;
}

interface Opened {
  readonly parts: PlainParts;
  readonly bias: string;
  readonly positions: string;
  readonly ids: string;
}

function open(parts: PlainParts, cache: CacheShape): Opened {
  const { graph } = parts;
  const ids = graph.input('input_ids', ELEMENT.int64, ['batch_size', 'tokens']);
  const mask = graph.input('attention_mask', ELEMENT.int64, ['batch_size', 'all']);
  const positions = graph.input('position_ids', ELEMENT.int64, ['batch_size', 'tokens']);
  declarePast(parts, cache);
  const past = parts.lengthOf(pastInput(0, 'key'), 2, 'past');
  const hidden = graph.op('Or', [hiddenFuture(parts, ids, past), parts.hiddenBy(mask, 'padding')], 'hidden');
  return { parts, ids, positions, bias: parts.biasOf(hidden, 'bias') };
}

function close(parts: PlainParts, cache: CacheShape, vocabulary: number): OnnxModel {
  parts.graph.output('logits', ELEMENT.float32, ['batch_size', 'tokens', vocabulary]);
  declarePresent(parts, cache);
  return finishPlain(parts.graph.build());
}

export function exportGpt2(config: DecoderConfig, source: WeightSource): OnnxModel {
  const { width, heads, layers, vocabulary, inner, positions: count } = config;
  const parts = new PlainParts(new GraphBuilder('gpt2'), new Weights(source, 'transformer.'));
  const cache = { layers, heads, dim: width / heads };
  const { bias, ids, positions } = open(parts, cache);
  const { graph } = parts;
  const words = parts.lookUp(parts.tensor('wte.weight', [vocabulary, width]), ids, 'words');
  const places = parts.lookUp(parts.tensor('wpe.weight', [count, width]), positions, 'places');
  let x = graph.op('Add', [words, places], 'embeddings');
  for (let layer = 0; layer < layers; layer++) {
    const from = `h.${layer}`;
    const at = `layer.${layer}`;
    const linear = (input: string, name: string, dims: readonly [number, number], as: string) =>
      parts.linear(input, `${from}.${name}`, dims, `${at}/${as}`, { isTurned: true });
    const read = parts.layerNorm(x, `${from}.ln_1`, width, `${at}/norm_1`);
    const merged = linear(read, 'attn.c_attn', [width, 3 * width], 'merged');
    const [query = '', key = '', value = ''] = graph
      .ops('Split', [merged, parts.integers(width, width, width)], `${at}/split`, 3, AXIS)
      .map((piece, index) => parts.divide(piece, heads, cache.dim, `${at}/piece.${index}`));
    const scaled = graph.op('Mul', [query, parts.scalar(cache.dim ** -0.5)], `${at}/scaled`);
    const entries = extend(parts, layer, { key, value }, { hasPast: true });
    const context = parts.attend({ query: scaled, ...entries, bias }, width, `${at}/attention`);
    x = graph.op('Add', [linear(context, 'attn.c_proj', [width, width], 'output'), x], `${at}/sum_1`);
    const second = parts.layerNorm(x, `${from}.ln_2`, width, `${at}/norm_2`);
    const wide = gelu(parts, linear(second, 'mlp.c_fc', [width, inner], 'expand'), `${at}/gelu`);
    x = graph.op('Add', [x, linear(wide, 'mlp.c_proj', [inner, width], 'contract')], `${at}/sum_2`);
  }
  const last = parts.layerNorm(x, 'ln_f', width, 'norm');
  parts.score(last, 'wte.weight', [vocabulary, width], 'logits');
  return close(parts, cache, vocabulary);
}

const AXIS = { attributes: { axis: int(-1) } };

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), in the operators of a PyTorch export. */
function gelu(parts: PlainParts, x: string, at: string): string {
  const { graph } = parts;
  const half = graph.op('Mul', [x, parts.scalar(0.5)], `${at}/half`);
  const cube = graph.op('Pow', [x, parts.scalar(3)], `${at}/cube`);
  const small = graph.op('Mul', [cube, parts.scalar(0.044715)], `${at}/small`);
  const sum = graph.op('Add', [x, small], `${at}/sum`);
  const scaled = graph.op('Mul', [sum, parts.scalar(Math.sqrt(2 / Math.PI))], `${at}/scaled`);
  const shifted = graph.op(
    'Add',
    [graph.op('Tanh', [scaled], `${at}/tanh`), parts.scalar(1)],
    `${at}/shifted`,
  );
  return graph.op('Mul', [half, shifted], at);
}

export function exportLlama(config: DecoderConfig, source: WeightSource): OnnxModel {
  const { width, heads, keyHeads, layers, vocabulary, inner } = config;
  const parts = new PlainParts(new GraphBuilder('llama'), new Weights(source, 'model.'));
  const cache = { layers, heads: keyHeads, dim: width / heads };
  const { bias, ids, positions } = open(parts, cache);
  const { graph } = parts;
  const rotary = new PlainRotary(parts, positions, cache.dim);
  let x = parts.lookUp(parts.tensor('embed_tokens.weight', [vocabulary, width]), ids, 'words');
  for (let layer = 0; layer < layers; layer++) {
    const from = `layers.${layer}`;
    const at = `layer.${layer}`;
    const linear = (input: string, name: string, dims: readonly [number, number]) =>
      parts.linear(input, `${from}.${name}`, dims, `${at}/${name}`, { bias: false });
    const norm = (input: string, name: string) =>
      parts.rmsNorm(input, `${from}.${name}`, width, EPSILON, `${at}/${name}`);
    const read = norm(x, 'input_layernorm');
    const headed = (name: string, count: number) =>
      parts.divide(
        linear(read, `self_attn.${name}`, [width, count * cache.dim]),
        count,
        cache.dim,
        `${at}/${name}`,
      );
    const query = rotary.turn(headed('q_proj', heads), `${at}/query`);
    const key = rotary.turn(headed('k_proj', keyHeads), `${at}/key`);
    const scaled = graph.op('Mul', [query, parts.scalar(cache.dim ** -0.5)], `${at}/scaled`);
    const entries = extend(parts, layer, { key, value: headed('v_proj', keyHeads) }, { hasPast: true });
    const repeat = (name: 'key' | 'value') =>
      repeatHeads(parts, entries[name], heads, keyHeads, cache.dim, `${at}/${name}/repeated`);
    const seen = { query: scaled, key: repeat('key'), value: repeat('value'), bias };
    const context = parts.attend(seen, width, `${at}/attention`);
    x = graph.op('Add', [x, linear(context, 'self_attn.o_proj', [width, width])], `${at}/sum_1`);
    const second = norm(x, 'post_attention_layernorm');
    const gate = linear(second, 'mlp.gate_proj', [width, inner]);
    const active = graph.op('Mul', [gate, graph.op('Sigmoid', [gate], `${at}/sigmoid`)], `${at}/silu`);
    const gated = graph.op('Mul', [active, linear(second, 'mlp.up_proj', [width, inner])], `${at}/gated`);
    x = graph.op('Add', [x, linear(gated, 'mlp.down_proj', [inner, width])], `${at}/sum_2`);
  }
  const last = parts.rmsNorm(x, 'norm', width, EPSILON, 'norm');
  parts.score(last, 'embed_tokens.weight', [vocabulary, width], 'logits');
  return close(parts, cache, vocabulary);
}

const EPSILON = 1e-5;
