import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { METRICS, METRICS_NAMESPACE, SERVICE } from '../../../functions/app/src/telemetry/metric-names.ts';

const operations = readFileSync('docs/reference/operations.md', 'utf8');

test('docs/reference/operations.md lists every metric with its unit and dimensions, and no other', () => {
  const expected = Object.entries(METRICS).map(([name, { unit, dimensions }]) => {
    const listed = dimensions.map((dimension) => ` \`${dimension}\``).join(',');
    return `| \`${name}\` | ${unit} |${listed} |`;
  });
  const section = operations.slice(operations.indexOf('## Metrics'), operations.indexOf('## Warm-ups'));
  const rows = [...section.matchAll(/^(\| `\w+` \| \w+ \|.*? \|) [^|]+ \|$/gm)].map(([, row]) => row);
  expect(rows.sort()).toEqual(expected.sort());
});

test('docs/reference/operations.md names the namespace of the metrics, and the service in their dimensions', () => {
  const section = operations.slice(operations.indexOf('## Metrics'));
  expect(section).toContain(`The namespace is \`${METRICS_NAMESPACE}\``);
  expect(section).toContain(`has the dimension \`service\`, which is \`${SERVICE}\``);
});
