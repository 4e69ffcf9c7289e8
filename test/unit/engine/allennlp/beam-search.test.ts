import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BeamSettings,
  beamSearch,
  type StepCall,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/beam-search.ts';
import { beamSettings } from '../../../../layers/engine/src/runtimes/allennlp/models/generation/beam-settings.ts';
import { type Model, modelOf, stepOf } from './beam-models.ts';

const END = 0;
const settings: BeamSettings = { endIndex: END, maxSteps: 4, beamSize: 2, perNodeBeamSize: 2, minSteps: 0 };

/** Every sequence that a search can give: ended, or as long as it may be. */
function everySequence(classes: number, maxSteps: number): number[][] {
  const longer = (sequence: number[]): number[][] => {
    if (sequence.at(-1) === END || sequence.length === maxSteps) return [sequence];
    return Array.from({ length: classes }, (_, index) => longer([...sequence, index])).flat();
  };
  return longer([]);
}

const score = (model: Model, start: number, sequence: readonly number[]) =>
  sequence.reduce(
    (sum, index, step) => sum + (model(start, sequence.slice(0, step))[index] ?? Number.NaN),
    0,
  );

const classCounts = fc.integer({ min: 2, max: 5 });
const seeds = fc.integer({ min: 1, max: 60_000 });

describe('a beam search', () => {
  it('finds the best of all sequences where it has a beam for each class of the first step', async () => {
    await fc.assert(
      fc.asyncProperty(classCounts, seeds, async (classes, seed) => {
        const model = modelOf(classes, seed);
        const two = { ...settings, maxSteps: 2, beamSize: classes, perNodeBeamSize: classes };
        const totals = everySequence(classes, 2).map((sequence) => score(model, 1, sequence));
        const [result] = await beamSearch([1], two, stepOf(model));
        expect(result?.scores).toEqual(totals.sort((a, b) => b - a).slice(0, classes));
        expect(result?.scores).toEqual(
          result?.predictions.map((sequence) => score(model, 1, trimmed(sequence))),
        );
      }),
    );
  });

  it('keeps the best of all that go on from the beams of the step before', async () => {
    await fc.assert(
      fc.asyncProperty(classCounts, seeds, async (classes, seed) => {
        const model = modelOf(classes, seed);
        const five = { ...settings, maxSteps: 5, beamSize: classes, perNodeBeamSize: classes };
        const [result] = await beamSearch([1], five, stepOf(model));
        expect(result?.predictions).toEqual(reference(model, 1, classes, five));
      }),
    );
  });

  it('gives every input of a batch what it has alone, and steps no input that has ended', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 4 }),
        async (starts, seed, beamSize, perNodeBeamSize) => {
          const chosen = { ...settings, maxSteps: 6, beamSize, perNodeBeamSize, lengthPenalty: 0.8 };
          const model = modelOf(5, seed);
          const calls: StepCall[] = [];
          const together = await beamSearch(starts, chosen, stepOf(model, calls));
          const alone = await Promise.all(
            starts.map(async (start) => (await beamSearch([start], chosen, stepOf(model)))[0]),
          );
          expect(together).toEqual(alone);
          const steps = together.map(({ predictions }) => predictions[0]?.length ?? 0);
          const needed = calls.map((_, step) =>
            steps.flatMap((count, index) => (count > step ? [index] : [])),
          );
          expect(calls.map(({ inputs }) => inputs)).toEqual(needed);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('has no end before min_steps', async () => {
    const early: Model = () => [-0.1, -3, -4];
    const [result] = await beamSearch([1], { ...settings, minSteps: 2 }, stepOf(early));
    expect(result?.predictions[0]).toEqual([1, 1, END]);
  });

  it('repeats no n-gram that is blocked', async () => {
    const stuck: Model = () => [-9, -0.5, -1];
    const [free] = await beamSearch([1], settings, stepOf(stuck));
    const [blocked] = await beamSearch([1], { ...settings, unrepeated: [2] }, stepOf(stuck));
    expect(free?.predictions[0]).toEqual([1, 1, 1, 1]);
    expect(blocked?.predictions[0]).toEqual([1, 1, 2, 1]);
  });

  it('ranks by the score over the length where it is normalised, the end counted once', async () => {
    const model: Model = (_, sequence) => (sequence.length === 0 ? [-1.5, -1, -9] : [-1.25, -9, -9]);
    const plain = await beamSearch([1], { ...settings, maxSteps: 2 }, stepOf(model));
    const normalised = await beamSearch([1], { ...settings, maxSteps: 2, lengthPenalty: 1 }, stepOf(model));
    expect(plain[0]).toEqual({
      predictions: [
        [END, END],
        [1, END],
      ],
      scores: [-1.5, -2.25],
    });
    expect(normalised[0]).toEqual({
      predictions: [
        [1, END],
        [END, END],
      ],
      scores: [-1.125, -1.5],
    });
  });

  it('stops at once where the only beam ends at once', async () => {
    const calls: StepCall[] = [];
    const one = { ...settings, beamSize: 1, perNodeBeamSize: 1 };
    const result = await beamSearch(
      [1],
      one,
      stepOf(() => [-0.5, -2], calls),
    );
    expect(result).toEqual([{ predictions: [[END]], scores: [-0.5] }]);
    expect(calls).toHaveLength(1);
  });

  it('says so where the model has fewer classes than the beams take', async () => {
    const wide = { ...settings, beamSize: 3, perNodeBeamSize: 3 };
    await expect(beamSearch([1], wide, stepOf(modelOf(2, 1)))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringMatching(/3 classes.*2 in all/),
    });
  });
});

describe('the settings of a beam search', () => {
  it('are those of AllenNLP where nothing is given', () => {
    expect(beamSettings({}, 3)).toMatchObject({
      beamSize: 10,
      maxSteps: 50,
      perNodeBeamSize: 10,
      minSteps: 0,
    });
  });

  it('are the older parameters of the model where its beam_search does not say otherwise', () => {
    const old = { beam_size: 4, max_decoding_steps: 9 };
    expect(beamSettings(old, 3)).toMatchObject({ beamSize: 4, maxSteps: 9, perNodeBeamSize: 4 });
    const both = { ...old, beam_search: { beam_size: 2 } };
    expect(beamSettings(both, 3)).toMatchObject({ beamSize: 2, maxSteps: 9, perNodeBeamSize: 2 });
  });

  it('end at the class that beam_search names in place of the end symbol', () => {
    expect(beamSettings({}, 3).endIndex).toBe(3);
    expect(beamSettings({ beam_search: { end_index: 7 } }, 3).endIndex).toBe(7);
  });

  it('have the penalty of the length that the scorer names', () => {
    const scorer = 'length-normalized-sequence-log-prob';
    const penalty = (final_sequence_scorer: unknown) =>
      beamSettings({ beam_search: { final_sequence_scorer } }, 3).lengthPenalty;
    expect(penalty(scorer)).toBe(1);
    expect(penalty({ type: scorer, length_penalty: 0.8 })).toBe(0.8);
    expect(penalty('sequence-log-prob')).toBeUndefined();
  });

  it.each([
    { sampler: 'multinomial' },
    { sampler: { type: 'gumbel', temperature: 2 } },
    { constraints: [{ type: 'my-constraint' }] },
    { final_sequence_scorer: { type: 'my-scorer' } },
    { beam_size: 0 },
    { min_steps: 9, max_steps: 3 },
    { something: 1 },
  ])('are refused where they are not supported: %j', (beam_search) => {
    expect(() => beamSettings({ beam_search }, 3)).toThrow(/beam_search/);
  });
});

function trimmed(sequence: readonly number[]): readonly number[] {
  const end = sequence.indexOf(END);
  return end < 0 ? sequence : sequence.slice(0, end + 1);
}

/** Beams written down sequence by sequence: of all that go on from those kept, the best are kept. */
function reference(
  model: Model,
  start: number,
  classes: number,
  { beamSize, maxSteps }: BeamSettings,
): number[][] {
  const better = (sequences: readonly number[][]) =>
    sequences
      .map((sequence) => ({ sequence, total: score(model, start, trimmed(sequence)) }))
      .sort((a, b) => b.total - a.total)
      .slice(0, beamSize)
      .map(({ sequence }) => sequence);
  let beams: number[][] = [[]];
  for (let step = 0; step < maxSteps && beams.some((beam) => beam.at(-1) !== END); step++) {
    beams = better(
      beams.flatMap((beam) =>
        beam.at(-1) === END
          ? [[...beam, END]]
          : Array.from({ length: classes }, (_, index) => [...beam, index]),
      ),
    );
  }
  return beams;
}
