import { describe, expect, it } from 'vitest';
import { Samples } from '../../../bench/measure/context.ts';
import { listCells, nameCell } from '../../../bench/peers/cells.ts';
import { reportPeers } from '../../../bench/peers/report.ts';
import { BULK, BULK_START, SERVER_MEMORY, START, sampleName } from '../../../bench/peers/rounds.ts';
import type { BulkSubject, ServerSubject } from '../../../bench/peers/subjects.ts';
import { drawPlots } from '../../../bench/report/plots.ts';

const listen = () => ({ args: [] });
const server = (key: string, name: string): ServerSubject => ({
  key,
  name,
  precision: 'int8',
  spec: { name, command: 'x', listen, path: '/embed' },
});
const bulk = (key: string, name: string): BulkSubject => ({
  key,
  name,
  precision: 'int8',
  command: 'x',
  args: () => [],
  vectors: false,
});
const CELLS = listCells(false);

/** Two rounds in which the own server does `ours` texts a second in every cell, TEI 100 and 110. */
function report(ours: readonly [number, number], trained = true) {
  const samples = new Samples();
  const add = (
    row: string,
    metric: Parameters<typeof sampleName>[1],
    subject: string,
    ...values: number[]
  ) => {
    for (const value of values) samples.add(sampleName(row, metric, subject), value);
  };
  for (const cell of CELLS) {
    add(nameCell(cell), 'rate', 'own', ...ours);
    add(nameCell(cell), 'CPU per text', 'own', 5, 5);
    add(nameCell(cell), 'rate', 'tei', 100, 110);
    add(nameCell(cell), 'CPU per text', 'tei', 10, 10);
  }
  for (const [name, milliseconds] of [
    ['own', 300],
    ['tei', 400],
  ] as const) {
    add(START, 'wall', name, milliseconds, milliseconds);
    add(SERVER_MEMORY, 'after start', name, 120e6, 124e6);
  }
  add(BULK, 'rate', 'own', 345, 345);
  add(BULK, 'rate', 'python', 300, 300);
  add(BULK_START, 'wall', 'own', 120, 120);
  add(BULK_START, 'wall', 'python', 400, 400);
  return reportPeers({
    result: {
      agreements: [{ name: 'own', reference: 'fp32', lowest: 0.996, mean: 0.998 }],
      samples,
      failed: 0,
    },
    subjects: {
      servers: [server('pilotlight-int8', 'own'), server('tei-int8', 'tei')],
      bulk: [bulk('pilotlight-int8', 'own'), bulk('python-int8', 'python'), bulk('python-fp32', 'python')],
      skipped: [],
    },
    cells: CELLS,
    trained,
    notes: ['A note.'],
  });
}

describe('the report of bench peers', () => {
  it('compares pairs of a round with the peer of the same precision, in every cell', () => {
    const { comparisons } = report([110, 121]);
    const rates = comparisons.filter(({ name }) => name.includes('texts/s: own / tei'));
    expect(rates.map(({ value }) => value.median)).toEqual(CELLS.map(() => expect.closeTo(1.1)));
    expect(rates.map(({ target }) => target)).toEqual(CELLS.map(() => 'at least 1.05x'));
    expect(rates.map(({ met }) => met)).toEqual(CELLS.map(() => true));
  });

  it('says which promise is missed', () => {
    const missed = report([104, 114.4]).comparisons.filter(({ met }) => met === false);
    expect(missed.map(({ name }) => name)).toEqual(
      CELLS.map((cell) => `${nameCell(cell)}, texts/s: own / tei`),
    );
  });

  it('promises nothing for random weights', () => {
    expect(report([104, 110], false).comparisons.filter(({ target }) => target !== undefined)).toEqual([]);
  });

  it('gives memory in MB, starts and bulk beside Python', () => {
    const { comparisons, series } = report([110, 121]);
    expect(comparisons).toContainEqual(
      expect.objectContaining({
        name: `${SERVER_MEMORY}, after start: own`,
        unit: 'MB',
        value: expect.objectContaining({ median: 122 }),
        met: true,
      }),
    );
    expect(comparisons).toContainEqual(
      expect.objectContaining({ name: `${BULK}, texts/s: own / python`, met: true }),
    );
    expect(comparisons).toContainEqual(
      expect.objectContaining({ name: `${BULK_START}, wall clock: own / python`, target: 'at most 0.31x' }),
    );
    expect(series).toContainEqual(expect.objectContaining({ metric: 'lowest cosine', samples: [0.996] }));
  });

  it('draws the throughput of each kind of text in each precision', () => {
    const machine = {
      ...{
        cpu: 'x',
        cores: 2,
        memoryGiB: 1,
        instructions: [],
        node: '24',
        onnxruntime: '1',
        transformersJs: '4',
      },
      ...{ commit: 'c', dirty: false, date: '2026-01-01' },
    };
    const result = { measurement: 'peers', model: 'minilm', rounds: 2, threads: 2, machine } as const;
    const plots = drawPlots({ ...result, ...report([110, 121]) });
    expect(plots.map(({ file }) => file)).toEqual(['peers-short-int8.svg', 'peers-mixed-int8.svg']);
    expect(plots[0]?.svg).toContain('Throughput by clients in int8, texts of 16 tokens');
  });
});
