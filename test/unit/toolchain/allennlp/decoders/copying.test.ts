import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  copiedInput,
  copyMemory,
  joinCopied,
} from '../../../../../model-assets/toolchain/src/allennlp/modules/decoders/copying.ts';
import { StepGraph } from '../../../../../model-assets/toolchain/src/allennlp/modules/decoders/step.ts';
import { finishGraph } from '../../../../../model-assets/toolchain/src/allennlp/modules/finish-graph.ts';
import { newScope } from '../../../../../model-assets/toolchain/src/allennlp/modules/index.ts';
import { cast } from '../../../../../model-assets/toolchain/src/allennlp/modules/nodes/ops.ts';
import { GraphBuilder } from '../../../../../model-assets/toolchain/src/graph/builder.ts';
import { archiveOf } from '../../../../fixtures/allennlp-module.ts';
import { floatsOf, integersOf, openGraph, type Run } from './run-graph.ts';

const SIZE = 5;
const UNKNOWN = 1;
const COPY = 4;
const TINY = 1e-13;
const vocabulary = { size: SIZE, unknown: UNKNOWN, copy: COPY };

/** A word is its own number, and a token of the target where that is less than 4. */
interface Source {
  readonly words: readonly number[];
  readonly generated: readonly number[];
  readonly copied: readonly number[];
  readonly last: number;
}

const source: fc.Arbitrary<Source> = fc.integer({ min: 1, max: 6 }).chain((length) =>
  fc.record({
    words: fc.array(fc.integer({ min: 2, max: 8 }), { minLength: length, maxLength: length }),
    generated: logarithms(SIZE),
    copied: logarithms(length),
    last: fc.integer({ min: 0, max: SIZE + length - 1 }),
  }),
);

function logarithms(length: number) {
  return fc.array(
    fc.integer({ min: -200, max: -1 }).map((value) => value / 10),
    {
      minLength: length,
      maxLength: length,
    },
  );
}

const targetOf = (word: number) => (word < 4 ? word : UNKNOWN);
const idsOf = (words: readonly number[]) => {
  const distinct = [...new Set(words)];
  return words.map((word) => distinct.indexOf(word));
};

/** AllenNLP's `_gather_final_log_probs`, place by place and in probabilities, where 0 is a tiny number. */
function joined({ words, generated, copied }: Source): number[] {
  const probabilities = generated.map(Math.exp);
  const places = copied.map(Math.exp);
  const left = words.map((word, place) => {
    const target = targetOf(word);
    const isUnknown = target === UNKNOWN;
    probabilities[target] = (probabilities[target] ?? 0) + (places[place] ?? 0) * (isUnknown ? TINY : 1);
    const later = places
      .slice(place + 1)
      .map((share, index) => share * (words[place + 1 + index] === word ? 1 : TINY));
    const isFirst = words.indexOf(word) === place;
    const sum = later.reduce((total, share) => total + share, places[place] ?? 0);
    return Math.log(sum) + Math.log(isFirst ? 1 : TINY) + Math.log(isUnknown ? 1 : TINY);
  });
  return [...probabilities.map(Math.log), ...left];
}

/** AllenNLP's `_get_input_and_selective_weights`. */
function selected({ words, copied, last }: Source): { word: number; weights: number[] } {
  const isPlace = last >= SIZE;
  const matches = words.map((word) => (isPlace ? word === words[last - SIZE] : targetOf(word) === last));
  const powers = copied.map((score, place) => Math.exp(matches[place] ? score : 0));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const shares = powers.map((power, place) => (matches[place] ? power / total : 0));
  const sum = shares.reduce((whole, share) => whole + share, TINY);
  return { word: isPlace ? COPY : last, weights: shares.map((share) => share / sum) };
}

let encoder: Run;
let step: Run;

beforeAll(async () => {
  const scope = newScope(new GraphBuilder('encoder'), archiveOf({}));
  const mask = scope.input('mask', 'float32', ['batch', 'tokens']);
  encoder = await openGraph(finishGraph(scope, copyMemory(scope, mask, vocabulary)));
  const graph = new StepGraph(scope.inNewGraph('step'));
  const beams = ['inputs', 'beams'];
  const generated = graph.scope.input('generated', 'float32', [...beams, SIZE]);
  const copied = graph.scope.input('copied', 'float32', [...beams, 'source']);
  const { words, weights } = copiedInput(graph, vocabulary);
  step = await openGraph(
    finishGraph(graph.scope, {
      joined: { value: joinCopied(graph, generated, copied), axes: [...beams, 'classes'] },
      words: { value: cast(graph.scope, words, 'float32'), axes: beams },
      weights: { value: weights, axes: [...beams, 'source'] },
    }),
  );
});

/** Runs sources as one batch, the shorter ones padded, and gives of each what is its own. */
async function run(sources: readonly Source[]) {
  const length = Math.max(...sources.map(({ words }) => words.length));
  const padded = (values: readonly number[], padding: number) => [
    ...values,
    ...new Array<number>(length - values.length).fill(padding),
  ];
  const of = (pick: (source: Source) => readonly number[], padding = 0) =>
    sources.map((each) => padded(pick(each), padding));
  const mask = floatsOf(of(({ words }) => words.map(() => 1)));
  const words = {
    source_token_ids: integersOf(of(({ words }) => idsOf(words))),
    source_to_target: integersOf(of(({ words }) => words.map(targetOf))),
  };
  const copied = floatsOf(of(({ copied }) => copied, -3.4e38).map((row) => [row]));
  const outputs = await step({
    ...(await encoder({ mask, ...words })),
    'memory.mask': mask,
    'memory.source_token_ids': words.source_token_ids,
    'memory.source_to_target': words.source_to_target,
    last: integersOf(sources.map(({ last }) => [last])),
    generated: floatsOf(sources.map(({ generated }) => [generated])),
    'state.copied': copied,
    copied,
  });
  return sources.map(({ words }, index) => ({
    joined: Array.from(outputs.joined?.data ?? []).slice(
      index * (SIZE + length),
      index * (SIZE + length) + SIZE + words.length,
    ),
    word: outputs.words?.data[index],
    weights: Array.from(outputs.weights?.data ?? []).slice(index * length, index * length + words.length),
  }));
}

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));

describe('copying', () => {
  it('adds what is copied to the tokens of the target, and to the first place of every other word', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 3 }), async (sources) => {
        const outputs = await run(sources);
        expect(outputs.map((output) => output.joined)).toEqual(sources.map((each) => close(joined(each))));
      }),
      { numRuns: 60 },
    );
  });

  it('reads what was copied last wherever it stands in the source', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(source, { minLength: 1, maxLength: 3 }), async (sources) => {
        const outputs = await run(sources);
        expect(outputs.map(({ word, weights }) => ({ word, weights }))).toEqual(
          sources.map(selected).map(({ word, weights }) => ({ word, weights: close(weights) })),
        );
      }),
      { numRuns: 60 },
    );
  });
});
