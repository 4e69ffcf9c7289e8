/** What the tests on emulated processors rest on. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { VERSION } from '../../processors/node-arm64.ts';
import { PROCESSORS } from '../../processors/processors.ts';
import { compareAnswers } from '../../processors/scores.ts';

it('Node for arm64 has the version of the Node that runs the scripts', () => {
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  expect(VERSION).toBe(devDependencies.node);
});

it.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'Haswell describes itself as a processor without VNNI and AVX-512',
  () => {
    const described = PROCESSORS.haswell?.cpuinfo() ?? '';
    expect(described).toMatch(/^flags\b.*\bavx2\b/m);
    expect(described).not.toMatch(/vnni|avx512|amx_/);
  },
);

describe('answers of two processors', () => {
  const labels = (...scores: [label: string, score: number][]) => [
    scores.map(([label, score]) => ({ label, score })),
  ];

  it('differ by their largest difference of a score', () => {
    const found = labels(['a', 0.75], ['b', 0.25]);
    expect(compareAnswers(found, labels(['a', 0.5], ['b', 0.25]))).toEqual({
      largest: 0.25,
      place: '/0/0/score',
    });
    expect(compareAnswers(found, found)).toMatchObject({ largest: 0 });
  });

  it('may have labels behind the first in another order', () => {
    const found = labels(['a', 0.5], ['b', 0.25], ['c', 0.25]);
    expect(compareAnswers(found, labels(['a', 0.5], ['c', 0.25], ['b', 0.25]))).toMatchObject({ largest: 0 });
  });

  it.each([
    ['another first label', labels(['a', 0.5]), labels(['b', 0.5])],
    ['another span', [[{ start: 0, score: 1 }]], [[{ start: '0', score: 1 }]]],
    ['a part more', [[{ word: 'a' }, { word: 'b' }]], [[{ word: 'a' }]]],
    ['a part less', [[{ word: 'a' }]], [[{ word: 'a' }, { word: 'b' }]]],
    ['nothing', [null], [[]]],
  ])('are not the same with %s', (_, found, expected) => {
    expect(compareAnswers(found, expected).largest).toBe(Number.POSITIVE_INFINITY);
  });
});
