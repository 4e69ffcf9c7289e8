/**
 * Beam search over an export of a decoder with an encoder, as `generate` of transformers does it: each beam is a row, the caches of rows
 * that go on are copied in every step, and scores of all words come out of the graph. transformers.js has none.
 */
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readConfig, serveGenerate } from './serve.ts';

const { models, model: name, precision, threads } = readConfig();
const open = (file: string) =>
  InferenceSession.create(
    join(models, name, 'onnx', `${file}${precision === 'int8' ? '_quantized' : ''}.onnx`),
    {
      intraOpNumThreads: threads,
    },
  );
const encoder = await open('encoder_model');
const decoder = await open('decoder_model_merged');
const START = 0;

interface Beam {
  readonly ids: readonly number[];
  readonly score: number;
  /** The row of the step before that it goes on from. */
  readonly row: number;
}

const integers = (values: readonly number[], dims: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);

/** Rows of a tensor, one after the other. */
function gather({ data, dims }: Tensor, rows: readonly number[]): Tensor {
  const values = data as Float32Array;
  const size = values.length / (dims[0] ?? 1);
  const taken = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) taken.set(values.subarray(row * size, (row + 1) * size), at * size);
  return new Tensor('float32', taken, [rows.length, ...dims.slice(1)]);
}

/** The `count` best words of a row: their log probabilities and ids, best first. */
function best(
  logits: Float32Array,
  count: number,
): readonly { readonly id: number; readonly score: number }[] {
  const top: { id: number; score: number }[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of logits) if (value > highest) highest = value;
  let sum = 0;
  for (const [id, score] of logits.entries()) {
    sum += Math.exp(score - highest);
    if (top.length === count && score <= (top.at(-1)?.score ?? 0)) continue;
    const place = top.findIndex((each) => each.score < score);
    top.splice(place < 0 ? top.length : place, 0, { id, score });
    if (top.length > count) top.pop();
  }
  const norm = highest + Math.log(sum);
  return top.map(({ id, score }) => ({ id, score: score - norm }));
}

void serveGenerate(async (prompts, tokens, beams) => {
  const length = prompts[0]?.length ?? 0;
  const mask = (count: number) => integers(new Array<number>(count * length).fill(1), [count, length]);
  const { last_hidden_state: states } = await encoder.run({
    input_ids: integers(prompts.flat(), [prompts.length, length]),
    attention_mask: mask(prompts.length),
  });
  if (!states) throw new TypeError('The encoder gave no states.');
  const rows = prompts.length * beams;
  const common = {
    encoder_attention_mask: mask(rows),
    encoder_hidden_states: gather(
      states,
      Array.from({ length: rows }, (_, row) => Math.floor(row / beams)),
    ),
  };
  let past: Record<string, Tensor> = {};
  for (const meta of decoder.inputMetadata) {
    if (!meta.name.startsWith('past_key_values') || !meta.isTensor) continue;
    const [, heads = 1, , dim = 1] = meta.shape.map(Number);
    past[meta.name] = new Tensor('float32', new Float32Array(), [rows, heads, 0, dim]);
  }
  let found = prompts.map(() =>
    Array.from({ length: beams }, (_, beam): Beam => ({ ids: [], score: beam === 0 ? 0 : -1e9, row: 0 })),
  );
  for (let step = 0; step < tokens; step++) {
    const last = found.flat().map(({ ids }) => ids.at(-1) ?? START);
    const { logits, ...present } = await decoder.run({
      ...common,
      ...past,
      input_ids: integers(last, [rows, 1]),
      use_cache_branch: new Tensor('bool', [step > 0], [1]),
    });
    if (!logits) throw new TypeError('The decoder gave no logits.');
    found = found.map((group, input) => goOn(group, input * beams, logits));
    const order = found.flat().map(({ row }) => row);
    const isOfSource = (key: string) => key.includes('.encoder.');
    past = Object.fromEntries(
      Object.entries(present).map(([key, value]) => {
        const read = key.replace('present', 'past_key_values');
        if (isOfSource(key)) return [read, step > 0 ? (past[read] ?? value) : value];
        return [read, gather(value, order)];
      }),
    );
  }
  return found.map(([winner]) => winner?.ids ?? []);
});

function goOn(group: readonly Beam[], from: number, logits: Tensor): Beam[] {
  const values = logits.data as Float32Array;
  const words = logits.dims.at(-1) ?? 0;
  const candidates = group.flatMap(({ ids, score }, beam) => {
    const row = from + beam;
    const top = best(values.subarray(row * words, (row + 1) * words), 2 * group.length);
    return top.map((next): Beam => ({ ids: [...ids, next.id], score: score + next.score, row }));
  });
  return candidates.toSorted((one, other) => other.score - one.score).slice(0, group.length);
}
