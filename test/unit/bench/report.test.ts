import { describe, expect, it } from 'vitest';
import { amount, wideTables } from '../../bench/report/format.ts';
import { markdownReport } from '../../bench/report/markdown.ts';
import { drawPlots } from '../../bench/report/plots.ts';
import { terminalReport } from '../../bench/report/terminal.ts';
import type { Result } from '../../bench/results.ts';
import { pairedRatio } from '../../bench/statistics.ts';
import { alternateOrder } from '../../bench/subject-process.ts';
import { compare } from '../../bench/targets.ts';

const RESULT: Result = {
  measurement: 'cold',
  model: '67m',
  rounds: 2,
  threads: 2,
  machine: {
    cpu: 'Test CPU',
    cores: 2,
    memoryGiB: 24,
    instructions: ['avx512_vnni'],
    node: '24.0.0',
    onnxruntime: '1.30.0',
    transformersJs: '4.3.1',
    commit: '0123456789ab',
    dirty: true,
    date: '2026-01-02',
  },
  series: [{ subject: 'own', metric: 'cold start', unit: 'ms', samples: [150, 160] }],
  comparisons: [
    compare({ name: 'own / other', model: '67m' }, pairedRatio([150, 160], [400, 400]), { atMost: 0.4 }),
    compare({ name: 'own / limit', model: '67m' }, pairedRatio([150, 160], [50, 50]), { atMost: 1.8 }),
    compare({ name: 'for information', model: '67m' }, pairedRatio([1], [1])),
  ],
  stacks: [{ subject: 'own', parts: [{ name: 'import', value: 20 }] }],
  notes: ['A note | with a bar.'],
};

describe('amounts', () => {
  it('carry their unit and as many digits as they deserve', () => {
    const written = [amount(0.3875, 'x'), amount(1.234, 'ms'), amount(45.67, 'ms'), amount(456.7, 'texts/s')];
    expect(written).toEqual(['0.388x', '1.23 ms', '45.7 ms', '457 texts/s']);
  });
});

describe('the written report', () => {
  const report = markdownReport([{ result: RESULT, plots: drawPlots(RESULT) }]);

  it('counts the targets, and names those that were missed', () => {
    expect(report).toContain('Of 2 figures with a target, 1 meet it. Missed: own / limit.');
    expect(report).toContain('| own / limit | 3.100x | at most 1.8x | MISSED |');
  });

  it('says what machine and commit the figures are from, and that the tree had changes', () => {
    expect(report).toContain('Test CPU, avx512_vnni; 2 cores, 24 GiB');
    expect(report).toContain('commit 0123456789ab with uncommitted changes, 2026-01-02');
  });

  it('shows the plot, the spread and the notes', () => {
    expect(report).toContain('![Cold start by phase, 67M parameters](benchmarks/cold.svg)');
    expect(report).toContain('| cold start | own | 155 ms | 150 ms - 160 ms (min-max) | 2 |');
    expect(report).toContain('- A note | with a bar.');
  });

  it('names the model that was measured in local Lambda, and its one thread', () => {
    const result: Result = { ...RESULT, measurement: 'lambda', model: 'sentiment', threads: 1 };
    const section = markdownReport([{ result, plots: drawPlots(result) }]);
    expect(section).toContain('## Cold start in local Lambda: the sentiment model');
    expect(section).toContain(
      '![Cold start in local Lambda by phase, the sentiment model](benchmarks/lambda.svg)',
    );
    expect(section).toContain('24 GiB; 1 thread; Node');
  });

  it('keeps the sections of the page that were measured elsewhere, in their order, and counts their targets', () => {
    const bulk: Result = {
      ...RESULT,
      measurement: 'bulk',
      comparisons: [compare({ name: 'a | b', model: '67m' }, pairedRatio([1], [2]), { atLeast: 1 })],
    };
    const section = (of: Result) => ({ result: of, plots: [] });
    const both = markdownReport([section(bulk)], report);
    expect(both.indexOf('## Cold start: 67M')).toBeLessThan(both.indexOf('## Bulk: 67M'));
    expect(both).toContain('Of 3 figures with a target, 1 meet it. Missed: own / limit; a | b.');
    expect(both).toContain('![Cold start by phase, 67M parameters](benchmarks/cold.svg)');
    expect(markdownReport([], both)).toBe(both);
    const again = markdownReport([section({ ...bulk, comparisons: [] })], both);
    expect(again).toContain('Of 2 figures with a target, 1 meet it.');
    expect(again.match(/^## Bulk/gm)).toHaveLength(1);
  });

  it('says what is not measured', () => {
    expect(report).toContain('## What is not measured');
  });
});

describe('series with a row', () => {
  const series = [
    { row: '1 client', subject: 'own', metric: 'rate', unit: 'texts/s', samples: [240, 250, 245] },
    { row: '1 client', subject: 'own', metric: 'CPU', unit: 'ms', samples: [4, 5, 4.5] },
    { row: '1 client', subject: 'other', metric: 'rate', unit: 'texts/s', samples: [100] },
    { row: '1 client', subject: 'other', metric: 'CPU', unit: 'ms', samples: [9.25] },
    { row: 'memory', subject: 'own', metric: 'most', unit: 'MB', samples: [98.4] },
  ] as const;

  it('stand side by side, their metrics in columns, with unit and spread', () => {
    expect(wideTables({ series })).toEqual([
      {
        titles: ['measured', 'subject', 'rate', 'CPU'],
        rows: [
          ['1 client', 'own', '245 texts/s (240 - 250)', '4.50 ms (4.00 - 5.00)'],
          ['1 client', 'other', '100 texts/s', '9.25 ms'],
        ],
      },
      { titles: ['measured', 'subject', 'most'], rows: [['memory', 'own', '98.4 MB']] },
    ]);
  });

  it('are in no other table', () => {
    const report = markdownReport([{ result: { ...RESULT, comparisons: [], series }, plots: [] }]);
    expect(report).toContain('| 1 client | other | 100 texts/s | 9.25 ms |');
    expect(report).not.toContain('| measured | subject | median |');
  });
});

describe('the terminal report', () => {
  it('gives a verdict only where there is a target', () => {
    const lines = terminalReport(RESULT).split('\n');
    expect(lines.find((line) => line.startsWith('own / other'))).toMatch(/at most 0.4x +met$/);
    expect(lines.find((line) => line.startsWith('for information'))).toMatch(/\(min-max\)$/);
  });
});

describe('plots of a result', () => {
  it('are left out where there is nothing to draw', () => {
    expect(drawPlots({ ...RESULT, stacks: [] })).toEqual([]);
  });

  it('are two under load, for throughput and latency have no scale in common', () => {
    const curves = [{ subject: 'own', points: [[1, 2] as const] }];
    const plots = drawPlots({ ...RESULT, measurement: 'load', curves, latencies: curves });
    expect(plots.map(({ file }) => file)).toEqual(['load.svg', 'load-latency.svg']);
  });
});

describe('the order of subjects', () => {
  it('is reversed in every other round', () => {
    expect([0, 1, 2].map((round) => alternateOrder(round, ['a', 'b', 'c']).join(''))).toEqual([
      'abc',
      'cba',
      'abc',
    ]);
  });
});
