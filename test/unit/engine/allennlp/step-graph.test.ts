import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Feeds, Outputs } from '../../../../layers/engine/src/ports.ts';
import type { Graphs } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import {
  type BeamSettings,
  beamSearch,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/beam-search.ts';
import { stepGraph } from '../../../../layers/engine/src/runtimes/allennlp/decoding/step-graph.ts';
import { candidatesOf, type Model, modelOf, stepOf } from './beam-models.ts';

const settings: BeamSettings = { endIndex: 0, maxSteps: 36, beamSize: 3, perNodeBeamSize: 3, minSteps: 0 };
const CACHE = { name: '0.key', heads: 2, dim: 1 };
const starts = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });

/** Ends seldom, so that the cache has to grow, and at other steps for each input. */
const longModel =
  (seed: number): Model =>
  (start, sequence) => {
    const [, ...others] = modelOf(5, seed)(start, sequence);
    return [-17 + sequence.length / 4 - start / 64, ...others];
  };

/**
 * A step graph that knows no more of a sequence than what it reads: its first class from `memory.start`, all classes before the last
 * from the entries that a beam sees, and their number from its state. Like a session of another thread, it takes away what it is fed,
 * unless that is shared memory.
 */
function fakeGraph(model: Model): Graphs {
  return {
    async run(_graph, feeds): Promise<Outputs> {
      const [inputs = 0, beams = 0] = feeds.last?.dims ?? [];
      const fed = Object.fromEntries(Object.keys(feeds).map((name) => [name, numbers(feeds, name)]));
      const rows = Array.from({ length: inputs * beams }, (_, row) => readSequence(fed, row, beams));
      const { count, scores, classes } = candidatesOf(
        rows.map(({ start, sequence }) => model(start, sequence)),
        numbers(feeds, 'top')[0] ?? 0,
      );
      const dims = [inputs, beams, count];
      const last = numbers(feeds, 'last');
      const entries = Float32Array.from({ length: inputs * CACHE.heads * beams }, (_, place) => {
        const input = Math.trunc(place / (CACHE.heads * beams));
        return last[input * beams + (place % beams)] ?? 0;
      });
      const lengths = numbers(feeds, 'state.length').map((length) => length + 1);
      for (const { data } of Object.values(feeds)) {
        if (data.buffer instanceof ArrayBuffer) structuredClone(data.buffer, { transfer: [data.buffer] });
      }
      return {
        scores: { dims, data: scores },
        classes: { dims, data: Float32Array.from(classes) },
        'next.length': { dims: [inputs, beams, 1], data: Float32Array.from(lengths) },
        'entry.0.key': { dims: [inputs, CACHE.heads, beams, 1], data: entries },
      };
    },
  };
}

type Fed = Readonly<Record<string, readonly number[]>>;

function readSequence(fed: Fed, row: number, beams: number): { start: number; sequence: number[] } {
  const input = Math.trunc(row / beams);
  const { visible: all = [], entry_steps: steps = [], step: [step = 0] = [] } = fed;
  const room = steps.length;
  const visible = all.slice(row * (beams + room), (row + 1) * (beams + room));
  const own = visible.slice(0, beams).flatMap((score, beam) => (score === 0 ? [beam] : []));
  expect(own).toEqual([row % beams]);
  const seen = visible.slice(beams).flatMap((score, entry) => (score === 0 ? [entry] : []));
  expect(seen.map((entry) => steps[entry])).toEqual(Array.from({ length: step }, (_, earlier) => earlier));
  expect((fed['state.length'] ?? [])[row]).toBe(step);
  const cache = fed['cache.0.key'] ?? [];
  const classes = seen.map((entry) => cache[(input * CACHE.heads + 1) * room + entry] ?? Number.NaN);
  const [first = Number.NaN, ...others] = [...classes, fed.last?.[row] ?? Number.NaN];
  expect((fed['memory.start'] ?? [])[input]).toBe(first);
  return { start: first, sequence: others };
}

function numbers(feeds: Feeds, name: string): number[] {
  return Array.from(feeds[name]?.data ?? [], Number);
}

describe('the step of a search by a graph', () => {
  it('reads of each beam the steps that it comes from, whoever has left the batch', async () => {
    await fc.assert(
      fc.asyncProperty(starts, fc.integer({ min: 1, max: 60_000 }), async (firsts, seed) => {
        const model = longModel(seed);
        const column = (values: readonly number[]) => ({
          dims: [values.length, 1],
          data: Float32Array.from(values),
        });
        const outputs = { 'memory.start': column(firsts), 'state.length': column(firsts.map(() => 0)) };
        const step = stepGraph(fakeGraph(model), { outputs, caches: [CACHE] });
        expect(await beamSearch(firsts, settings, step)).toEqual(
          await beamSearch(firsts, settings, stepOf(model)),
        );
      }),
      { numRuns: 15 },
    );
  });

  it('says so where the graph is not the one that the engine knows', async () => {
    const graphs: Graphs = { run: async () => ({}) };
    await expect(beamSearch([1], settings, stepGraph(graphs, { outputs: {} }))).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('scores'),
    });
  });
});
