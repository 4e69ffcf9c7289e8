import { describe, expect, it } from 'vitest';
import { readEachSecond } from '../../../bench/measure/server-readings.ts';
import { reportStreams, type Streamed } from '../../../bench/streams/report.ts';
import { makeStreamRequests } from '../../../bench/streams/requests.ts';

const seconds = Array.from({ length: 100 }, (_, second) => second + 1);
const streamed: Streamed = {
  ...{ clients: 64, slots: 16, seconds: 100, remaining: 0, cancelled: 100 },
  readings: {
    resident: seconds.map((second): [number, number] => [second, second < 10 ? 150 : 200]),
    own: seconds.map((second): [number, number] => [second, Number.NaN]),
    lags: seconds.map((second) => (second === 50 ? 90 : 12)),
    idleLags: seconds.map(() => 3),
  },
  load: { same: 200, differing: 0, left: 100, failed: {}, tokens: 5000, firstMs: [10], tokenMs: [2] },
  held: { telling: 16 },
  ended: { reasons: { length: 64 }, failed: {}, early: 64 },
};

const verdicts = (changes: Partial<Streamed>) =>
  Object.fromEntries(
    reportStreams({ ...streamed, ...changes }).comparisons.map(({ name, met, value }) => [
      name.split(':')[0],
      [met, value.median],
    ]),
  );

describe('the report of bench streams', () => {
  it('meets its targets where nothing is lost', () => {
    expect(verdicts({})).toEqual({
      'event loop delay of a second, p99': [true, 12],
      'resident memory': [true, 1],
      'streams with another text than the request gives alone': [true, 0],
      'streams that failed': [true, 0],
      'streams that were left': [true, 100],
      'under way or waiting after the last stream': [true, 0],
      'slots lost': [true, 0],
      SIGTERM: [true, 0],
    });
  });

  it('misses each that is not kept', () => {
    const missed = verdicts({
      remaining: 2,
      cancelled: 98,
      readings: {
        ...streamed.readings,
        resident: seconds.map((second): [number, number] => [second, second < 20 ? 100 : 104]),
        lags: seconds.map(() => 21),
      },
      load: { ...streamed.load, differing: 1, failed: { 429: 2, aborted: 1 } },
      held: { telling: 15 },
      ended: { reasons: { length: 60 }, failed: { ECONNRESET: 4 }, early: 60 },
    });
    expect(missed).toEqual({
      'event loop delay of a second, p99': [false, 21],
      'resident memory': [false, 1.04],
      'streams with another text than the request gives alone': [false, 1],
      'streams that failed': [false, 3],
      'streams that were left': [false, 98],
      'under way or waiting after the last stream': [false, 2],
      'slots lost': [false, 1],
      SIGTERM: [false, 4],
    });
  });

  it('tells the worst second beside the median, and what broke streams', () => {
    const { series, notes } = reportStreams({
      ...streamed,
      load: { ...streamed.load, failed: { 429: 2 } },
    });
    expect(series.find(({ metric }) => metric === 'the worst of them')?.samples).toEqual([90]);
    expect(series.find(({ metric }) => metric === 'throughput')?.samples).toEqual([50]);
    expect(notes.join()).toContain('Failures: 2 of 429');
  });
});

describe('the requests of bench streams', () => {
  it('differ, have known lengths, and are the same in every run', () => {
    const requests = makeStreamRequests();
    expect(requests).toEqual(makeStreamRequests());
    expect(new Set(requests.map((request) => JSON.stringify(request))).size).toBe(requests.length);
    for (const { inputs, parameters, tokens } of requests) {
      expect(inputs).not.toBe('');
      expect(parameters).toMatchObject({ min_new_tokens: tokens, max_new_tokens: tokens });
    }
    expect(requests.filter(({ parameters }) => 'seed' in parameters)).toHaveLength(requests.length / 2);
  });
});

describe('the readings of a server', () => {
  it('end with the work, and are of each second of it', async () => {
    const { promise: work, resolve } = Promise.withResolvers<void>();
    const told: number[] = [];
    const server = {
      metrics: async () => [200 * 2 ** 20, 0.004],
      anonymousBytes: () => 100 * 2 ** 20,
    };
    const { resident, own, lags, idleLags } = await readEachSecond(server, work, (count) => {
      told.push(count);
      if (count === 2) resolve();
    });
    expect(told).toEqual([1, 2, 3]);
    expect(resident.map(([, mebibytes]) => mebibytes)).toEqual([200, 200, 200]);
    expect(own.map(([, mebibytes]) => mebibytes)).toEqual([100, 100, 100]);
    expect(lags).toEqual([4, 4, 4]);
    expect(idleLags).toHaveLength(3);
  });
});
