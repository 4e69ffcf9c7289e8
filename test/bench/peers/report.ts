/** What a run of `bench peers` says: tables, ratios of pairs with their targets, curves. */

import { PRECISIONS, type Precision } from '../package-model.ts';
import type { Chart, Comparison, Measured, Series, Unit } from '../results.ts';
import { median, pairedRatio, spread } from '../statistics.ts';
import { judge, type Target } from '../targets.ts';
import { type Cell, nameCell, nameKind } from './cells.ts';
import {
  BULK,
  BULK_START,
  type Metric,
  type RoundsResult,
  SERVER_MEMORY,
  START,
  sampleName,
} from './rounds.ts';
import type { Subjects } from './subjects.ts';

export interface ReportOptions {
  readonly result: RoundsResult;
  readonly subjects: Subjects;
  readonly cells: readonly Cell[];
  /** Whether the weights are those that the targets are given for. */
  readonly trained: boolean;
  readonly notes: readonly string[];
}

const UNITS: Readonly<Record<Metric, Unit>> = {
  rate: 'texts/s',
  p50: 'ms',
  p99: 'ms',
  'CPU per text': 'ms',
  cores: 'cores',
  wall: 'ms',
  CPU: 'ms',
  'after start': 'MB',
  loaded: 'MB',
  most: 'MB',
};
const BYTES_PER_MB = 1e6;

const LOAD_METRICS = ['rate', 'p50', 'p99', 'CPU per text', 'cores'] as const;

/** The project's promises beside text-embeddings-inference, Python, and itself of before (issue 15). */
const TARGETS = {
  rate: { atLeast: 1.05 },
  start: { atMost: 1 },
  memory: { fp32: { atMost: 200 }, int8: { atMost: 130 } },
  bulk: { atLeast: 1.05 },
  processStart: { fp32: { atMost: 0.38 }, int8: { atMost: 0.31 } },
  before: { atLeast: 0.97 },
} as const;

export function reportPeers({ result, subjects, cells, trained, notes }: ReportOptions): Measured {
  const names = subjects.servers.map(({ name }) => name);
  const bulk = subjects.bulk.map(({ name }) => name);
  const series = [
    ...cells.flatMap((cell) => rows(result, nameCell(cell), LOAD_METRICS, names)),
    ...rows(result, START, ['wall', 'CPU'], names),
    ...rows(result, SERVER_MEMORY, ['after start', 'loaded', 'most'], names),
    ...rows(result, BULK, ['rate', 'CPU per text', 'cores', 'most'], bulk),
    ...rows(result, BULK_START, ['wall', 'CPU'], bulk),
    ...result.agreements.flatMap(({ name: subject, reference, lowest, mean }): Series[] => {
      const row = `embeddings beside those of ${reference}`;
      return [
        { row, subject, metric: 'lowest cosine', unit: 'cosine', samples: [lowest] },
        { row, subject, metric: 'mean cosine', unit: 'cosine', samples: [mean] },
      ];
    }),
  ];
  return {
    series,
    comparisons: compareAll(result, subjects, cells, trained),
    charts: charts(result, cells, subjects.servers),
    notes: [
      ...notes,
      ...(result.failed === 0 ? [] : [`${result.failed} requests were not answered with an embedding.`]),
    ],
  };
}

function rows(
  { samples }: RoundsResult,
  row: string,
  metrics: readonly Metric[],
  subjects: readonly string[],
): Series[] {
  return subjects.flatMap((subject) =>
    metrics.flatMap((metric): Series[] => {
      const unit = UNITS[metric];
      const measured = samples.get(sampleName(row, metric, subject));
      if (measured.length === 0) return [];
      return [{ row, subject, metric, unit, samples: unit === 'MB' ? measured.map(inMb) : measured }];
    }),
  );
}

const inMb = (bytes: number): number => bytes / BYTES_PER_MB;

function compareAll(
  { samples }: RoundsResult,
  { servers, bulk }: Subjects,
  cells: readonly Cell[],
  trained: boolean,
): Comparison[] {
  const find = <Subject extends { readonly key: string }>(list: readonly Subject[], key: string) =>
    list.find((subject) => subject.key === key);
  const ratio = (row: string, metric: Metric, own: string, other: string, target?: Target): Comparison => {
    const value = pairedRatio(
      samples.get(sampleName(row, metric, own)),
      samples.get(sampleName(row, metric, other)),
    );
    const name = `${row}, ${METRIC_NAMES[metric] ?? metric}: ${own} / ${other}`;
    return target !== undefined && trained ? judge({ name }, value, target) : { name, unit: 'x', value };
  };
  return PRECISIONS.flatMap((precision: Precision): Comparison[] => {
    const own = find(servers, `pilotlight-${precision}`)?.name;
    const tei = find(servers, `tei-${precision}`)?.name;
    const base = find(servers, `base-${precision}`)?.name;
    const ownBulk = find(bulk, `pilotlight-${precision}`)?.name;
    const baseBulk = find(bulk, `base-${precision}`)?.name;
    const python = find(bulk, `python-${precision}`)?.name;
    const pythonFp32 = find(bulk, 'python-fp32')?.name;
    const list: Comparison[] = [];
    for (const [other, target] of [
      [tei, TARGETS.rate],
      [base, TARGETS.before],
    ] as const) {
      if (own === undefined || other === undefined) continue;
      for (const cell of cells) {
        list.push(ratio(nameCell(cell), 'rate', own, other, target));
        list.push(ratio(nameCell(cell), 'CPU per text', own, other));
      }
      list.push(ratio(START, 'wall', own, other, TARGETS.start));
      list.push(ratio(SERVER_MEMORY, 'after start', own, other));
    }
    if (own !== undefined && trained) {
      const bytes = samples.get(sampleName(SERVER_MEMORY, 'after start', own));
      const name = `${SERVER_MEMORY}, after start: ${own}`;
      list.push(judge({ name, unit: 'MB' }, spread(bytes.map(inMb)), TARGETS.memory[precision]));
    }
    if (ownBulk === undefined) return list;
    if (python !== undefined) list.push(ratio(BULK, 'rate', ownBulk, python, TARGETS.bulk));
    if (baseBulk !== undefined) list.push(ratio(BULK, 'rate', ownBulk, baseBulk, TARGETS.before));
    if (pythonFp32 !== undefined)
      list.push(ratio(BULK_START, 'wall', ownBulk, pythonFp32, TARGETS.processStart[precision]));
    if (baseBulk !== undefined) list.push(ratio(BULK_START, 'wall', ownBulk, baseBulk));
    return list;
  });
}

const METRIC_NAMES: Partial<Record<Metric, string>> = { rate: 'texts/s', wall: 'wall clock' };

/** One plot for each kind of text and each precision. */
function charts({ samples }: RoundsResult, cells: readonly Cell[], servers: Subjects['servers']): Chart[] {
  return (['short', 'mixed'] as const).flatMap((kind) =>
    PRECISIONS.flatMap((precision): Chart[] => {
      const shown = servers.filter((server) => server.precision === precision);
      if (shown.length === 0) return [];
      const point = (cell: Cell, subject: string) =>
        [cell.clients, median(samples.get(sampleName(nameCell(cell), 'rate', subject)))] as const;
      return [
        {
          name: `${kind}-${precision}`,
          title: `Throughput by clients in ${precision}, ${nameKind(kind)}`,
          x: 'clients',
          y: 'texts/s',
          curves: shown.map(({ name: subject }) => ({
            subject,
            points: cells.filter((cell) => cell.kind === kind).map((cell) => point(cell, subject)),
          })),
        },
      ];
    }),
  );
}
