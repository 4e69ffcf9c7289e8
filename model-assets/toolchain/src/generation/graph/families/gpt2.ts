/** GPT-2: learned positions, layers that normalise first, weights as [inputs, outputs]. */
import { parseConfig } from '../../../graph/config.ts';
import { layerNorm } from '../../../graph/encoder.ts';
import { convolve, type Gpt2Config, gpt2Config, gpt2Layer, gpt2Scale } from '../../../graph/gpt2.ts';
import { Weights } from '../../../graph/weights.ts';
import type { GenerationFamily } from '../family.ts';
import { attendToPast, queryScale, splitHeads } from '../step/attention.ts';
import { lookUp, score, table } from '../step/head.ts';
import { StepGraph } from '../step/step-graph.ts';

/** Masks that old releases saved, and the head, which is the table of embeddings once more. */
const NOT_READ = /\.attn\.(bias|masked_bias)$|^lm_head\.weight$/;

export const gpt2: GenerationFamily = {
  modelType: 'gpt2',
  classes: ['GPT2LMHeadModel'],
  build(configJson, source) {
    const config = parseConfig(gpt2Config, configJson);
    const { n_embd: hidden, n_head: heads } = config;
    const decoder = {
      layers: config.n_layer,
      heads,
      dim: hidden / heads,
      vocabSize: config.vocab_size,
      maxPositions: config.n_positions,
    };
    const step = new StepGraph('gpt2', decoder);
    const weights = new Weights(source, 'transformer.');
    const { graph } = step;
    const words = table(graph, weights, 'wte.weight', [config.vocab_size, hidden], 'embeddings.weight');
    const places = table(graph, weights, 'wpe.weight', [config.n_positions, hidden], 'positions.weight');
    const found = lookUp(graph, words, step.ids, 'embeddings/words');
    const located = lookUp(graph, places, step.positions, 'embeddings/positions');
    let x = graph.op('Add', [found, located], 'embeddings');
    for (let index = 0; index < config.n_layer; index++) {
      x = gpt2Layer(graph, weights, config, x, index, (normed) =>
        attention(step, weights, config, normed, index),
      );
    }
    const rows = step.chooseRows(x, hidden);
    const norm = { hidden, epsilon: config.layer_norm_epsilon };
    const last = layerNorm(graph, weights, rows, norm, 'ln_f', 'norm');
    const dims = [config.vocab_size, hidden] as const;
    const head = config.tie_word_embeddings
      ? words
      : table(graph, weights, 'lm_head.weight', dims, 'head.weight');
    score(graph, last, head, 'logits');
    const unused = weights.unused().filter((tensor) => !NOT_READ.test(tensor));
    return { step: step.finish(), decoder, notes: [], unused };
  },
};

function attention(step: StepGraph, weights: Weights, config: Gpt2Config, x: string, index: number): string {
  const { n_embd: hidden, n_head: heads } = config;
  const at = `layer.${index}/attention`;
  const dims = [hidden, 3 * hidden] as const;
  const shape = { heads, keyHeads: heads, dim: hidden / heads, scale: gpt2Scale(config, index) };
  const merged = convolve(step.graph, weights, x, dims, `h.${index}.attn.c_attn`, `${at}/query_key_value`, {
    first: hidden,
    factor: queryScale(shape),
  });
  const names = [`${at}/query`, step.newEntry(index, 'key'), step.newEntry(index, 'value')];
  const parts = names.map((name) => ({ name, heads }));
  const [query = '', key = '', value = ''] = splitHeads(
    step,
    merged,
    parts,
    shape.dim,
    `${at}/query_key_value`,
  );
  const inputs = { query, key, value, mask: step.mask({ windowed: false }) };
  return attendToPast(step, index, inputs, shape, at);
}
