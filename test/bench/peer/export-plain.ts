/**
 * A model as an exporter writes it for the peer (`optimum-cli export onnx`): standard operators only, one
 * MatMul each for query, key and value, attention and erf spelled out, every layer over all tokens, nothing
 * fused or folded. Where exporters differ, this takes what loads and runs faster: operator set 17 with
 * LayerNormalization in one node, and constant shapes in place of computed ones.
 */
import { GraphBuilder } from '../../../model-assets/toolchain/src/graph/builder.ts';
import { dense } from '../../../model-assets/toolchain/src/graph/dense.ts';
import { layerNorm } from '../../../model-assets/toolchain/src/graph/encoder.ts';
import { int, ints } from '../../../model-assets/toolchain/src/graph/node.ts';
import type { OnnxModel } from '../../../model-assets/toolchain/src/graph/onnx.ts';
import { ELEMENT, floatTensor, int64Tensor } from '../../../model-assets/toolchain/src/graph/tensor.ts';
import { type WeightSource, Weights } from '../../../model-assets/toolchain/src/graph/weights.ts';
import type { PlainEncoder } from './families.ts';

const OPSET = 17;
const IR_VERSION = 8;
/** The lowest float32: what Hugging Face adds to the attention scores of padding. */
const LOWEST = -3.4028234663852886e38;

/** Input ids and attention mask (and token types) [batch, tokens] to what the head gives, in fp32. */
export function exportPlain(config: PlainEncoder, source: WeightSource): OnnxModel {
  return new PlainExport(config, new Weights(source, config.prefix)).build();
}

class PlainExport {
  readonly #graph = new GraphBuilder('plain');
  readonly #config: PlainEncoder;
  readonly #weights: Weights;
  #constants = 0;

  constructor(config: PlainEncoder, weights: Weights) {
    this.#config = config;
    this.#weights = weights;
  }

  build(): OnnxModel {
    const graph = this.#graph;
    const axes = ['batch', 'tokens'];
    const ids = graph.input('input_ids', ELEMENT.int64, axes);
    const mask = graph.input('attention_mask', ELEMENT.int64, axes);
    const types =
      this.#config.tokenTypes > 0 ? graph.input('token_type_ids', ELEMENT.int64, axes) : undefined;
    const bias = this.#maskBias(mask);
    let hidden = this.#embed(ids, types);
    for (let index = 0; index < this.#config.layers; index++) hidden = this.#layer(hidden, bias, index);
    this.#head(hidden);
    const model = graph.build();
    return Object.assign(model, { irVersion: IR_VERSION, opsetImport: [{ domain: '', version: OPSET }] });
  }

  #integers(...values: readonly number[]): string {
    return this.#graph.constant(int64Tensor(`integers.${this.#constants++}`, [values.length], values));
  }

  #scalar(value: number): string {
    return this.#graph.constant(floatTensor(`scalar.${this.#constants++}`, [], Float32Array.of(value)));
  }

  /** 0 for tokens and the lowest number for padding: [batch, 1, 1, tokens]. */
  #maskBias(mask: string): string {
    const graph = this.#graph;
    const wide = graph.op('Unsqueeze', [mask, this.#integers(1, 2)], 'mask/wide');
    const kept = graph.op('Cast', [wide], 'mask/float', { attributes: { to: int(ELEMENT.float32) } });
    const dropped = graph.op('Sub', [this.#scalar(1), kept], 'mask/dropped');
    return graph.op('Mul', [dropped, this.#scalar(LOWEST)], 'mask/bias');
  }

  #embed(ids: string, types: string | undefined): string {
    const graph = this.#graph;
    const { positions, vocabulary, tokenTypes } = this.#config;
    const all = graph.constant(int64Tensor('position_ids', [1, positions], [...Array(positions).keys()]));
    const shape = graph.op('Shape', [ids], 'embeddings/shape');
    const tokens = graph.op('Gather', [shape, this.#integers(1)], 'embeddings/tokens', {
      attributes: { axis: int(0) },
    });
    const used = graph.op(
      'Slice',
      [all, this.#integers(0), tokens, this.#integers(1)],
      'embeddings/position_ids',
    );
    let sum = this.#lookUp('word', vocabulary, ids);
    if (types !== undefined)
      sum = graph.op('Add', [sum, this.#lookUp('token_type', tokenTypes, types)], 'embeddings/typed');
    sum = graph.op('Add', [sum, this.#lookUp('position', positions, used)], 'embeddings/sum');
    return layerNorm(graph, this.#weights, sum, this.#config, 'embeddings.LayerNorm', 'embeddings/norm');
  }

  #lookUp(table: string, rows: number, indices: string): string {
    const { hidden } = this.#config;
    const name = `embeddings.${table}_embeddings.weight`;
    const values = this.#graph.constant(
      floatTensor(name, [rows, hidden], this.#weights.get(name, [rows, hidden])),
    );
    return this.#graph.op('Gather', [values, indices], `embeddings/${table}`, {
      attributes: { axis: int(0) },
    });
  }

  #layer(x: string, bias: string, index: number): string {
    const graph = this.#graph;
    const { names, hidden, feedForward } = this.#config;
    const at = `layer.${index}`;
    const checkpoint = names.layer(index);
    const context = this.#attend(x, bias, checkpoint, at);
    const attended = this.#linear(
      context,
      hidden,
      hidden,
      checkpoint + names.attentionOutput,
      `${at}/attended`,
    );
    const first = graph.op('Add', [attended, x], `${at}/attention/sum`);
    const normed = layerNorm(
      graph,
      this.#weights,
      first,
      this.#config,
      checkpoint + names.attentionNorm,
      `${at}/attention/norm`,
    );
    const wide = this.#linear(normed, hidden, feedForward, checkpoint + names.expand, `${at}/expand`);
    const narrow = this.#linear(
      this.#gelu(wide, at),
      feedForward,
      hidden,
      checkpoint + names.contract,
      `${at}/contract`,
    );
    const second = graph.op('Add', [narrow, normed], `${at}/sum`);
    return layerNorm(graph, this.#weights, second, this.#config, checkpoint + names.outputNorm, `${at}/norm`);
  }

  #attend(x: string, bias: string, checkpoint: string, at: string): string {
    const graph = this.#graph;
    const { names, heads, hidden } = this.#config;
    const split = this.#integers(0, 0, heads, hidden / heads);
    const headed = (name: string, order: readonly number[], as: string) => {
      const projected = this.#linear(x, hidden, hidden, checkpoint + name, `${at}/${as}`);
      const shaped = graph.op('Reshape', [projected, split], `${at}/${as}/heads`);
      return graph.op('Transpose', [shaped], `${at}/${as}/turned`, { attributes: { perm: ints(order) } });
    };
    const query = headed(names.query, [0, 2, 1, 3], 'query');
    const key = headed(names.key, [0, 2, 3, 1], 'key');
    const value = headed(names.value, [0, 2, 1, 3], 'value');
    const products = graph.op('MatMul', [query, key], `${at}/products`);
    const scores = graph.op('Div', [products, this.#scalar(Math.sqrt(hidden / heads))], `${at}/scores`);
    const masked = graph.op('Add', [scores, bias], `${at}/masked`);
    const shares = graph.op('Softmax', [masked], `${at}/shares`, { attributes: { axis: int(-1) } });
    const mixed = graph.op('MatMul', [shares, value], `${at}/mixed`);
    const turned = graph.op('Transpose', [mixed], `${at}/mixed/turned`, {
      attributes: { perm: ints([0, 2, 1, 3]) },
    });
    return graph.op('Reshape', [turned, this.#integers(0, 0, hidden)], `${at}/context`);
  }

  /** x * (1 + erf(x / sqrt 2)) / 2, in the operators and the order of a PyTorch export. */
  #gelu(x: string, at: string): string {
    const graph = this.#graph;
    const scaled = graph.op('Div', [x, this.#scalar(Math.SQRT2)], `${at}/gelu/scaled`);
    const erf = graph.op('Erf', [scaled], `${at}/gelu/erf`);
    const shifted = graph.op('Add', [erf, this.#scalar(1)], `${at}/gelu/shifted`);
    const product = graph.op('Mul', [x, shifted], `${at}/gelu/product`);
    return graph.op('Mul', [product, this.#scalar(0.5)], `${at}/gelu`);
  }

  #head(hidden: string): void {
    const graph = this.#graph;
    const { head, hidden: size, labels } = this.#config;
    if (head === 'classifier') {
      this.#classify(hidden);
      graph.output('logits', ELEMENT.float32, ['batch', labels]);
    } else if (head === 'none') {
      graph.op('Identity', [hidden], 'last_hidden_state');
      graph.output('last_hidden_state', ELEMENT.float32, ['batch', 'tokens', size]);
    } else this.#answer(hidden);
  }

  #answer(hidden: string): void {
    const graph = this.#graph;
    const both = this.#linear(hidden, this.#config.hidden, 2, 'qa_outputs', 'qa/both');
    for (const [index, name] of ['start_logits', 'end_logits'].entries()) {
      const place = graph.constant(int64Tensor(`qa/${name}/place`, [], [index]));
      graph.op('Gather', [both, place], name, { attributes: { axis: int(2) } });
      graph.output(name, ELEMENT.float32, ['batch', 'tokens']);
    }
  }

  #classify(x: string): void {
    const graph = this.#graph;
    const { pooler, hidden, labels } = this.#config;
    const index = graph.constant(int64Tensor('first', [], [0]));
    const first = graph.op('Gather', [x, index], 'pooler/first', { attributes: { axis: int(1) } });
    const pooled = this.#linear(first, hidden, hidden, pooler.name, 'pooler/dense');
    this.#linear(graph.op(pooler.activation, [pooled], 'pooler'), hidden, labels, 'classifier', 'logits');
  }

  #linear(x: string, inputs: number, outputs: number, layer: string, name: string): string {
    return dense(this.#graph, this.#weights, x, inputs, [{ name: layer, outputs }], name);
  }
}
