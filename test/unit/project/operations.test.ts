import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { STATUS_OF } from '../../../functions/app/src/http/error-codes.ts';
import { SETTINGS } from '../../../functions/app/src/settings/config.ts';
import { SERVER_SETTINGS } from '../../../functions/app/src/settings/server.ts';
import { METRICS } from '../../../functions/app/src/telemetry/metric-names.ts';

const operations = readFileSync('docs/reference/operations.md', 'utf8');
const jobs = readFileSync('docs/reference/jobs.md', 'utf8');
const server = readFileSync('docs/reference/server.md', 'utf8');

test('docs/reference/operations.md lists every error code with its status', () => {
  const rows = operations.split('\n').filter((line) => /^\| [45]\d\d \|/.test(line));
  const missing = Object.entries(STATUS_OF).filter(
    ([code, status]) => !rows.some((row) => row.startsWith(`| ${status} |`) && row.includes(`\`${code}\``)),
  );
  expect(missing).toEqual([]);
});

test('docs/reference/operations.md lists every setting of the functions', () => {
  const names = SETTINGS.filter((name) => name.startsWith('PILOTLIGHT_'));
  expect(names).toContain('PILOTLIGHT_JOB_DEADLINE_HOURS');
  expect(names.filter((name) => !`${operations}${jobs}`.includes(`| \`${name}\` |`))).toEqual([]);
});

test('docs/reference/server.md and docs/reference/jobs.md list every setting of the server', () => {
  const names = SERVER_SETTINGS.filter((name) => name.startsWith('PILOTLIGHT_'));
  expect(names).toContain('PILOTLIGHT_MAX_QUEUE_MS');
  expect(names.filter((name) => !`${server}${jobs}`.includes(`| \`${name}\` |`))).toEqual([]);
});

test('every setting of the functions and the server has the prefix, but those of Lambda and of OpenTelemetry', () => {
  const others = [...SETTINGS, ...SERVER_SETTINGS].filter((name) => !name.startsWith('PILOTLIGHT_'));
  expect(others.filter((name) => !/^(?:AWS_LAMBDA_|OTEL_)/.test(name))).toEqual([]);
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
