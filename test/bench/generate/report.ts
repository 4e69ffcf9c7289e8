/** What a run of `bench generate` says: tables, and ratios of pairs with their targets. */
import type { Samples } from '../measure/context.ts';
import type { Comparison, Measured, Series, Unit } from '../results.ts';
import { pairedRatio } from '../statistics.ts';
import { judge, type Target } from '../targets.ts';
import {
  CALLS,
  CELLS,
  type Cell,
  callsRow,
  cellRow,
  type Metric,
  PROMPT,
  type PrefixWay,
  prefixRow,
  processesRow,
  sampleName,
  streamsRow,
  TOKENS,
} from './cells.ts';
import type { GenerationShape } from './shapes.ts';
import { NAMES } from './subjects.ts';

type Model = Pick<GenerationShape, 'name' | 'label'>;

const COLUMNS: Readonly<Record<Metric, { readonly title: string; readonly unit: Unit }>> = {
  rate: { title: 'per second', unit: 'tokens/s' },
  CPU: { title: 'CPU per token', unit: 'ms' },
  RSS: { title: 'RSS', unit: 'MB' },
  'first p50': { title: 'first token, p50', unit: 'ms' },
  'first p99': { title: 'first token, p99', unit: 'ms' },
  'next p50': { title: 'next token, p50', unit: 'ms' },
  'next p99': { title: 'next token, p99', unit: 'ms' },
  limit: { title: 'share of the memory limit', unit: '%' },
};
const BYTES_PER_MB = 1e6;

/** The project's promises, by the CPU time of a token unless throughput is said. */
const TARGETS = {
  transformersJs: { 1: { atMost: 0.7 }, 8: { atMost: 0.5 }, 32: { atMost: 0.45 } },
  torch: { atMost: 0.5 },
  llama: new Map<number, Target>([
    [1, { atMost: 0.85 }],
    [8, { atMost: 0.35 }],
  ]),
  beams: { atLeast: 2.5 },
  continuous: { atLeast: 1.3 },
} as const;

/** Models of these sizes alone are promised anything; at one text, these. */
const JUDGED = /-\d+m$/;
const JUDGED_ALONE = /^(t5|gpt2|marian)-\d+m$/;

export function reportGenerate(samples: Samples, model: Model, notes: readonly string[]): Measured {
  return {
    series: listSeries(samples, model),
    comparisons: compareAll(samples, model),
    notes: [...METHOD, ...notes],
  };
}

function listSeries(samples: Samples, model: Model): Series[] {
  const rows = (row: string, metrics: readonly Metric[]): Series[] =>
    Object.values(NAMES).flatMap((subject) =>
      metrics.flatMap((metric): Series[] => {
        const measured = samples.get(sampleName(row, metric, subject));
        if (measured.length === 0) return [];
        const { title, unit } = COLUMNS[metric];
        const values = unit === 'MB' ? measured.map((bytes) => bytes / BYTES_PER_MB) : measured;
        return [{ row, subject, metric: title, unit, samples: values }];
      }),
    );
  return [
    ...CELLS.flatMap((cell) => rows(cellRow(model, cell), ['CPU', 'rate'])),
    ...rows(cellRow(model, { texts: 1, beams: 1 }), ['limit']).map(standAlone),
    ...(['continuous', 'static', 'padded'] as const).flatMap((way) =>
      rows(callsRow(model, way), ['CPU', 'rate']),
    ),
    ...(['one', 'two'] as const).flatMap((way) => rows(processesRow(model, way), ['CPU', 'rate', 'RSS'])),
    ...(['kept', 'whole'] as const).flatMap((way) => rows(prefixRow(model, way), ['CPU', 'rate'])),
    ...rows(`${model.label}: after all of these`, ['RSS']).map(standAlone),
    ...rows(streamsRow(model), ['first p50', 'first p99', 'next p50', 'next p99']),
  ];
}

/** A figure that stands in the list of those without a row. */
function standAlone({ row = '', metric, ...series }: Series): Series {
  return { ...series, metric: `${row}, ${metric}` };
}

function compareAll(samples: Samples, model: Model): Comparison[] {
  const isJudged = JUDGED.test(model.name);
  const ratio = (name: string, metric: Metric, left: Place, right: Place, target?: Target): Comparison[] => {
    const [above, below] = [left, right].map(([row, subject]) =>
      samples.get(sampleName(row, metric, subject)),
    );
    if (!above?.length || !below?.length) return [];
    const value = pairedRatio(above, below);
    return [isJudged && target ? judge({ name }, value, target) : { name, unit: 'x', value }];
  };
  const beside = (cell: Cell, other: string, metric: 'CPU' | 'rate', target?: Target): Comparison[] => {
    const row = cellRow(model, cell);
    const what = metric === 'CPU' ? 'CPU per token' : 'tokens per second';
    return ratio(`${row}, ${what}: ${NAMES.own} / ${other}`, metric, [row, NAMES.own], [row, other], target);
  };
  const prefixed = (way: PrefixWay): Place => [prefixRow(model, way), NAMES.own];
  const ways = (name: string, row: (way: string) => string): Comparison[] =>
    (['rate', 'RSS'] as const).flatMap((metric) =>
      ratio(`${name}, ${COLUMNS[metric].title}`, metric, [row('one'), NAMES.own], [row('two'), NAMES.own]),
    );
  return [
    ...CELLS.flatMap((cell) => {
      const isPromised = cell.beams === 1 && (cell.texts > 1 || JUDGED_ALONE.test(model.name));
      return [
        ...beside(
          cell,
          NAMES.transformersJs,
          'CPU',
          isPromised ? TARGETS.transformersJs[cell.texts] : undefined,
        ),
        ...ratio(
          `${cellRow(model, cell)}, CPU per token: ${NAMES.products} / ${NAMES.transformersJs}`,
          'CPU',
          [cellRow(model, cell), NAMES.products],
          [cellRow(model, cell), NAMES.transformersJs],
        ),
        ...beside(cell, NAMES.hfBeams, 'rate', cell.texts === 8 ? TARGETS.beams : undefined),
        ...beside(cell, NAMES.torch, 'CPU', TARGETS.torch),
        ...beside(cell, NAMES.llama, 'CPU', TARGETS.llama.get(cell.texts)),
      ];
    }),
    ...ratio(
      `${model.label}, ${CALLS.count} calls of other lengths, tokens per second: continuous / static batches`,
      'rate',
      [callsRow(model, 'continuous'), NAMES.own],
      [callsRow(model, 'static'), NAMES.own],
      TARGETS.continuous,
    ),
    ...ratio(
      `${model.label}, ${CALLS.count} calls of other lengths, tokens per second: continuous / static batches that run on`,
      'rate',
      [callsRow(model, 'continuous'), NAMES.own],
      [callsRow(model, 'padded'), NAMES.own],
    ),
    ...(['CPU', 'rate'] as const).flatMap((metric) =>
      ratio(
        `${model.label}, prompts that begin alike, ${COLUMNS[metric].title}: first tokens kept / read anew`,
        metric,
        prefixed('kept'),
        prefixed('whole'),
      ),
    ),
    ...ways(`${model.label}, beams in one process / in two`, (way) =>
      processesRow(model, way === 'one' ? 'one' : 'two'),
    ),
  ];
}

type Place = readonly [row: string, subject: string];

const METHOD = [
  `Random weights in the shapes of well-known models; ${PROMPT} tokens of prompt or source, ${TOKENS} new ones, none of which ends the text. Pilotlight serves the first int8 of its ladder (static activations, by row where that pays) through its public engine, without the gate on texts, which random weights cannot pass, with weights of seven bits where sums of eight saturate (x86 without VNNI). transformers.js runs exports of the same weights in the layout of Hugging Face, in int8 as exports are: one scale for all activations of a product. In fp32 all of them must give the same tokens before anything is timed.`,
  'Processes are fresh in every round, and take turns in each cell. CPU is that of the process, of all of its threads. A token is one that is in an answer: beams count once.',
  'transformers.js has no beam search: exports with beams are run by a loop in JavaScript as `generate` of transformers has it, in which each beam is a row and caches are copied in every step.',
  'Static batches of Pilotlight become narrower as their texts end. Those that run on until the longest has ended, as in `generate` of transformers, are what continuous batches are usually compared with.',
  'Prompts that begin alike are calls of one token, one after the other, of a process that had three of them before.',
  'The memory limit is the time in which the weights of a step are read once at the speed of a product of one row that no cache holds, over the time of a token, its share of the prompt included.',
  'The products of Pilotlight alone are those of one step, of as many tokens as there are texts, in a graph that has nothing else: the best of eight runs. They are what no code around the kernels of ONNX Runtime can save; prompts, sources and attention come on top.',
] as const;
