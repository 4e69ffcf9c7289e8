import { buildGenerator } from '@pilotlight/toolchain/internal/generation/graph/index';
import { describe, expect, it } from 'vitest';
import {
  type BeamSettings,
  beamSearch,
} from '../../../../../layers/engine/src/runtimes/allennlp/decoding/beam-search.ts';
import { stepGraph } from '../../../../../layers/engine/src/runtimes/allennlp/decoding/step-graph.ts';
import { archiveGraphs } from '../../../../../model-assets/toolchain/src/allennlp/modules/decoders/generator-graphs.ts';
import { sourceOf, TINY_T5, t5Tensors } from '../../../../support/generation/t5-checkpoint.ts';
import { t5Forward } from '../../../../support/generation/t5-forward.ts';
import { stepOf } from '../../../engine/allennlp/beam-models.ts';
import { integersOf, openGraph } from './run-graph.ts';

const SETTINGS: BeamSettings = { endIndex: 1, maxSteps: 12, beamSize: 3, perNodeBeamSize: 3, minSteps: 0 };
/** By the class that the text of each begins from. */
const SOURCES: Readonly<Record<number, readonly number[]>> = {
  2: [9, 8, 7, 6, 5, 4, 3],
  3: [12],
  4: [30, 31, 3, 3, 3, 12, 39, 2, 25, 14],
};

describe('the graphs of a family that generates, in an archive', () => {
  it('give the beams of a forward pass in float64 without cache, while beams change places and inputs leave', async () => {
    const tensors = t5Tensors(TINY_T5, 21);
    const json = { ...TINY_T5, architectures: ['T5ForConditionalGeneration'] };
    const { encoder, step } = archiveGraphs(buildGenerator(json, sourceOf(tensors)));
    if (!encoder || !step) throw new RangeError('A graph is missing.');
    const runs = { encoder: await openGraph(encoder), step: await openGraph(step) };
    const graphs = {
      run: (name: string, feeds: Parameters<typeof runs.step>[0]) =>
        name === 'encoder' ? runs.encoder(feeds) : runs.step(feeds),
    };
    const longest = Math.max(...Object.values(SOURCES).map(({ length }) => length));
    const padded = Object.values(SOURCES).map((ids) => [...ids, ...new Array(longest - ids.length).fill(0)]);
    const dims = [padded.length, longest];
    const outputs = await graphs.run('encoder', {
      'source_tokens.tokens.token_ids': integersOf(padded),
      'source_tokens.tokens.mask': { dims, data: Uint8Array.from(padded.flat(), (id) => (id === 0 ? 0 : 1)) },
    });
    const { heads, dim } = { heads: TINY_T5.num_heads, dim: TINY_T5.d_kv };
    const caches = [0, 1].flatMap((layer) =>
      ['key', 'value'].map((part) => ({ name: `${layer}.${part}`, heads, dim })),
    );
    const starts = Object.keys(SOURCES).map(Number);
    const results = await beamSearch(starts, SETTINGS, stepGraph(graphs, { outputs, caches }));

    const forward = t5Forward(TINY_T5, tensors);
    const whole = (start: number, sequence: readonly number[]) => {
      const logits = [...(forward(SOURCES[start] ?? [], [start, ...sequence]).at(-1) ?? [])];
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      return logits.map((logit) => logit - total);
    };
    const expected = await beamSearch(starts, SETTINGS, stepOf(whole));
    expect(results.map(({ predictions }) => predictions)).toEqual(
      expected.map(({ predictions }) => predictions),
    );
    for (const [index, { scores }] of expected.entries())
      expect(results[index]?.scores).toEqual(scores.map((score) => expect.closeTo(score, 3)));
  });
});
