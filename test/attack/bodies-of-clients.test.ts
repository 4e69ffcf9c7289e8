/** Bodies of the formats that are not JSON: hostile ones are refused at little cost, however they are made. */
import { describe, expect, it } from 'vitest';
import { cases } from '../scale.ts';
import { fakeApp, post } from '../unit/functions/fake-engine.ts';

const BYTES = 1_900_000;
const app = fakeApp();

interface Attack {
  readonly path: string;
  readonly type: string;
  readonly body: string;
  readonly headers?: Record<string, string>;
}

const ENDPOINT = '/endpoints/sentiment/invocations';
const fill = (text: string): string => text.repeat(Math.floor(BYTES / text.length));
const csv = (body: string): Attack => ({ path: ENDPOINT, type: 'text/csv', body });
const lines = (body: string): Attack => ({ path: ENDPOINT, type: 'application/jsonlines', body });
const binary = (tensors: object[], rest: string): Attack => {
  const head = JSON.stringify({ inputs: tensors });
  return {
    path: '/v2/models/sentiment/infer',
    type: 'application/octet-stream',
    body: head + rest,
    headers: { 'inference-header-content-length': String(head.length) },
  };
};
const tensor = (shape: number[], binary_data_size: number, name = 'text') => ({
  name,
  shape,
  datatype: 'BYTES',
  parameters: { binary_data_size },
});

const ATTACKS: Readonly<Record<string, Attack>> = {
  'CSV of commas': csv(`inputs\n${fill(',')}`),
  'CSV of columns': csv(fill('a,')),
  'CSV of rows': csv(`inputs\n${fill('a\n')}`),
  'CSV of blank lines': csv(`inputs\n${fill('\n')}`),
  'CSV of carriage returns': csv(`inputs\n${fill('\r')}`),
  'CSV of quotes in order': csv(`inputs\n"${fill('""')}`),
  'CSV of a quote that does not end': csv(`inputs\n"${fill('a')}`),
  'CSV of quotes in the middle of fields': csv(`inputs\n${fill('a"b,')}`),
  'JSON Lines of short lines': lines(fill('1\n')),
  'JSON Lines of blank lines': lines(fill(' \n')),
  'JSON Lines of brackets': lines(fill('[\n')),
  'JSON Lines of one long blank': lines(fill(' ')),
  'tensors of nothing': binary([tensor([1_000_000], 0)], ''),
  'tensors of empty texts': binary([tensor([475_000], BYTES)], '\0'.repeat(BYTES)),
  'tensors of four axes': binary([tensor([60_000, 60_000, 60_000, 60_000], 4)], '\0\0\0\0'),
  'tensors beyond all numbers': binary([tensor([1e15, 1e15, 1e15, 1e15], 4)], '\0\0\0\0'),
  'many tensors': binary(
    Array.from({ length: 10_000 }, (_, i) => tensor([1], 4, `t${i}`)),
    '\0'.repeat(40_000),
  ),
};

describe.each(Object.entries(ATTACKS))('%s', (_, { path, type, body, headers }) => {
  it('are refused with a 4xx, for less than a second of CPU each', async () => {
    const runs = cases({ short: 1, long: 20 });
    const before = process.cpuUsage();
    for (let run = 0; run < runs; run++) {
      const response = await app.request(path, post(body, { 'content-type': type, ...headers }));
      expect(response.status, await response.text()).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6 / runs).toBeLessThan(1);
  });
});
