import { describe, expect, it } from 'vitest';
import {
  type BeamSettings,
  beamSearch,
} from '../../../../../layers/engine/src/runtimes/allennlp/decoding/beam-search.ts';
import { stepGraph } from '../../../../../layers/engine/src/runtimes/allennlp/decoding/step-graph.ts';
import {
  type AttentionLayer,
  attendSteps,
} from '../../../../../model-assets/toolchain/src/allennlp/modules/decoders/attention-layers.ts';
import {
  logSoftmax,
  StepGraph,
} from '../../../../../model-assets/toolchain/src/allennlp/modules/decoders/step.ts';
import { newScope } from '../../../../../model-assets/toolchain/src/allennlp/modules/index.ts';
import { linear } from '../../../../../model-assets/toolchain/src/allennlp/modules/nodes/linear.ts';
import { op } from '../../../../../model-assets/toolchain/src/allennlp/modules/nodes/ops.ts';
import { GraphBuilder } from '../../../../../model-assets/toolchain/src/graph/builder.ts';
import { int } from '../../../../../model-assets/toolchain/src/graph/node.ts';
import { archiveOf, Numbers } from '../../../../fixtures/allennlp-module.ts';
import { type Model, stepOf } from '../../../engine/allennlp/beam-models.ts';
import { openGraph } from './run-graph.ts';

const WIDTH = 6;
const HEADS = 2;
const DIM = WIDTH / HEADS;
const PARTS = ['query', 'key', 'value', 'output'] as const;

const numbers = new Numbers(3);
/** Far apart, so that no two beams are near to a tie. */
const scaled = (rows: number, columns: number) =>
  numbers.matrix(rows, columns).map((row) => row.map((x) => 2 * x));
const words = scaled(WIDTH, WIDTH);
const weights = {
  query: scaled(WIDTH, WIDTH),
  key: scaled(WIDTH, WIDTH),
  value: scaled(WIDTH, WIDTH),
  output: scaled(WIDTH, WIDTH),
};
const tensor = (rows: readonly (readonly number[])[]) => ({
  dims: [rows.length, rows[0]?.length ?? 0],
  data: Float32Array.from(rows.flat()),
});
const archive = archiveOf({
  words: tensor(words),
  ...Object.fromEntries(PARTS.map((part) => [`${part}.weight`, tensor(weights[part])])),
});

const times = (matrix: readonly (readonly number[])[], x: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, weight, column) => sum + weight * (x[column] ?? 0), 0));

/** Attention of the last class to all before it, without a cache and in float64. */
const whole: Model = (start, sequence) => {
  const steps = [start, ...sequence].map((index) => words[index] ?? []);
  const query = times(weights.query, steps.at(-1) ?? []);
  const found = Array.from({ length: HEADS }, (_, head) => {
    const part = (x: readonly number[]) => x.slice(head * DIM, (head + 1) * DIM);
    const powers = steps.map((x) => {
      const [product = 0] = times([part(query)], part(times(weights.key, x)));
      return Math.exp(product);
    });
    const total = powers.reduce((sum, power) => sum + power, 0);
    return Array.from({ length: DIM }, (_, column) =>
      steps.reduce(
        (sum, x, step) => sum + ((powers[step] ?? 0) / total) * (part(times(weights.value, x))[column] ?? 0),
        0,
      ),
    );
  });
  const logits = times(weights.output, found.flat());
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
};

describe('the self-attention of a decoder', () => {
  it('finds through the cache what attention to all steps finds, while beams change places and inputs leave', async () => {
    const step = new StepGraph(newScope(new GraphBuilder('step'), archive));
    const { scope } = step;
    const layer: AttentionLayer = {
      layer: 0,
      heads: HEADS,
      dim: DIM,
      project: (part, x) => linear(scope.at(part), x, WIDTH, WIDTH, { bias: false }),
    };
    const found = op(scope, 'Gather', [scope.weight('words', [WIDTH, WIDTH]), step.last], { axis: int(0) });
    const attended = attendSteps(step, found, layer, step.visible);
    const run = await openGraph(step.finish(logSoftmax(scope, attended)));
    const settings: BeamSettings = {
      endIndex: 0,
      maxSteps: 14,
      beamSize: 3,
      perNodeBeamSize: 3,
      minSteps: 0,
    };
    const starts = [1, 2, 3, 4, 5];
    const caches = ['key', 'value'].map((part) => ({ name: `0.${part}`, heads: HEADS, dim: DIM }));
    const graphs = { run: (_: string, feeds: Parameters<typeof run>[0]) => run(feeds) };
    const results = await beamSearch(starts, settings, stepGraph(graphs, { outputs: {}, caches }));
    const expected = await beamSearch(starts, settings, stepOf(whole));
    expect(results.map(({ predictions }) => predictions)).toEqual(
      expected.map(({ predictions }) => predictions),
    );
    for (const [index, { scores }] of expected.entries()) {
      expect(results[index]?.scores).toEqual(scores.map((score) => expect.closeTo(score, 3)));
    }
  });
});
