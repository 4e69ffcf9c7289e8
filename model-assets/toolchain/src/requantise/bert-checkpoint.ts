/** The BERT checkpoint that a graph of this toolchain stands for: the inverse of graph/bert.ts, for classifiers of texts and tokens. */
import { ToolchainError } from '../errors.ts';
import { BERT_LAYER_NAMES } from '../graph/bert.ts';
import { findAttribute, intAttribute } from '../graph/node.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { StoredWeights, type Weight } from './stored-weights.ts';

/** A checkpoint in memory, with the names of Hugging Face. */
export interface Checkpoint {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, Weight>;
}

/** Names in a graph and in a checkpoint of what is stored alike in both. */
const EMBEDDINGS = [
  ['embeddings/word.weight', 'word_embeddings.weight'],
  ['embeddings/position.weight', 'position_embeddings.weight'],
  ['embeddings/token_type.weight', 'token_type_embeddings.weight'],
  ['embeddings.weight', 'LayerNorm.weight'],
  ['embeddings.bias', 'LayerNorm.bias'],
] as const;

/**
 * Takes the checkpoint out of a graph, quantised or not. What was folded into the weights is taken out again: queries are multiplied by
 * the root of the size of a head, which is exact where that root is a power of two.
 *
 * @throws ToolchainError GRAPH_INVALID where the graph is no BERT with a classifier, as this toolchain builds it with GELU
 */
export function restoreBert(model: OnnxModel, labels: readonly string[]): Checkpoint {
  const stored = new StoredWeights(model);
  const tensors = new Map<string, Weight>();
  const copy = (name: string, target: string) => tensors.set(target, stored.get(name));
  const linear = (
    name: string,
    ...targets: readonly { readonly name: string; readonly scale?: number }[]
  ) => {
    const { dims, values } = stored.get(`${name}.weight`);
    const [inputs = 0, width = 0] = dims;
    const bias = stored.get(`${name}.bias`).values;
    const outputs = width / targets.length;
    for (const [part, { name: target, scale = 1 }] of targets.entries()) {
      const from = part * outputs;
      const rows = transposeColumns(values, { inputs, width, from, outputs, scale });
      tensors.set(`${target}.weight`, { dims: [outputs, inputs], values: rows });
      const own = bias.slice(from, from + outputs).map((value) => value * scale);
      tensors.set(`${target}.bias`, { dims: [outputs], values: own });
    }
  };

  for (const [name, target] of EMBEDDINGS) copy(name, `bert.embeddings.${target}`);
  const { heads, epsilon } = attentionFacts(model);
  const [vocabulary = 0, hidden = 0] = stored.get('embeddings/word.weight').dims;
  const queryScale = Math.sqrt(hidden / heads);
  const layers = countLayers(stored);
  for (let index = 0; index < layers; index++) {
    const at = `layer.${index}`;
    const layer = `bert.${BERT_LAYER_NAMES.layer(index)}`;
    const names = BERT_LAYER_NAMES;
    const query = { name: layer + names.query, scale: queryScale };
    const keyValue = [{ name: layer + names.key }, { name: layer + names.value }];
    if (stored.has(`${at}/attention/query_key_value.weight`)) {
      linear(`${at}/attention/query_key_value`, query, ...keyValue);
    } else {
      linear(`${at}/attention/query`, query);
      linear(`${at}/attention/key_value`, ...keyValue);
    }
    linear(`${at}/attention/output`, { name: layer + names.attentionOutput });
    linear(`${at}/expand`, { name: layer + names.expand });
    linear(`${at}/contract`, { name: layer + names.contract });
    for (const part of ['weight', 'bias']) {
      copy(`${at}/attention/norm.${part}`, `${layer}${names.attentionNorm}.${part}`);
      copy(`${at}/norm.${part}`, `${layer}${names.outputNorm}.${part}`);
    }
  }
  const readsText = stored.has('pooler/dense.weight');
  if (readsText) linear('pooler/dense', { name: 'bert.pooler.dense' });
  linear(readsText ? 'classifier' : 'logits', { name: 'classifier' });

  return {
    config: {
      architectures: [readsText ? 'BertForSequenceClassification' : 'BertForTokenClassification'],
      model_type: 'bert',
      vocab_size: vocabulary,
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: stored.get('layer.0/expand.weight').dims[1],
      hidden_act: 'gelu',
      layer_norm_eps: epsilon,
      max_position_embeddings: stored.get('embeddings/position.weight').dims[0],
      type_vocab_size: stored.get('embeddings/token_type.weight').dims[0],
      pad_token_id: 0,
      id2label: Object.fromEntries(labels.entries()),
      label2id: Object.fromEntries(labels.map((label, index) => [label, index])),
    },
    tensors,
  };
}

function countLayers(stored: StoredWeights): number {
  let layers = 0;
  while (stored.has(`layer.${layers}/expand.weight`)) layers++;
  return layers;
}

/** The facts that are attributes of nodes. */
function attentionFacts({ graph }: OnnxModel): { heads: number; epsilon: number } {
  const find = (opType: string) => graph.node.find((node) => node.opType === opType);
  const [attention, norm, gelu] = [find('MultiHeadAttention'), find('LayerNormalization'), find('Gelu')];
  const heads = attention && intAttribute(attention, 'num_heads');
  const epsilon = norm && findAttribute(norm, 'epsilon')?.f;
  const approximate = gelu && findAttribute(gelu, 'approximate')?.s;
  const isExact = approximate === undefined || Buffer.from(approximate).toString() === 'none';
  if (heads === undefined || epsilon === undefined || gelu === undefined || !isExact) {
    throw new ToolchainError('GRAPH_INVALID', 'The graph is no BERT with GELU as this toolchain builds it.');
  }
  return { heads, epsilon };
}

interface Columns {
  readonly inputs: number;
  readonly width: number;
  readonly from: number;
  readonly outputs: number;
  readonly scale: number;
}

/** Columns of a matrix [inputs, width], scaled, as rows: [outputs, inputs]. */
function transposeColumns(
  matrix: Float32Array,
  { inputs, width, from, outputs, scale }: Columns,
): Float32Array {
  const rows = new Float32Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      rows[output * inputs + input] = (matrix[input * width + from + output] ?? 0) * scale;
    }
  }
  return rows;
}
