import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STATUS_OF } from '../../../functions/app/src/answer/error-codes.ts';
import { METRICS } from '../../../functions/app/src/telemetry/metric-names.ts';

const operations = readFileSync('docs/reference/operations.md', 'utf8');

test('docs/reference/operations.md lists every error code with its status', () => {
  const rows = operations.split('\n').filter((line) => /^\| [45]\d\d \|/.test(line));
  const missing = Object.entries(STATUS_OF).filter(
    ([code, status]) => !rows.some((row) => row.startsWith(`| ${status} |`) && row.includes(`\`${code}\``)),
  );
  expect(missing).toEqual([]);
});

test('docs/reference/operations.md lists every setting', () => {
  const source = readFileSync('functions/app/src/settings/config.ts', 'utf8');
  const names = [...source.matchAll(/^ {2}((?:PILOTLIGHT_|PRELOAD_|MODELS_)[A-Z_]+):/gm)].map(
    ([, name]) => name,
  );
  expect(names.length).toBeGreaterThan(8);
  expect(names.filter((name) => !operations.includes(`| \`${name}\` |`))).toEqual([]);
});

test('docs/reference/operations.md lists every metric with its unit and dimensions, and no other', () => {
  const expected = Object.entries(METRICS).map(([name, { unit, dimensions }]) => {
    const listed = dimensions.map((dimension) => ` \`${dimension}\``).join(',');
    return `| \`${name}\` | ${unit} |${listed} |`;
  });
  const section = operations.slice(operations.indexOf('## Metrics'), operations.indexOf('## Warm-ups'));
  const rows = [...section.matchAll(/^(\| `\w+` \| \w+ \|.*? \|) [^|]+ \|$/gm)].map(([, row]) => row);
  expect(rows.sort()).toEqual(expected.sort());
});
