import { expect, test } from 'vitest';
import { LoadTimes } from '../../../../../cli/src/start/lambda/load-times.ts';

const line = (text: string) => ({
  ...{ functionName: 'predict', environment: 'one', source: 'stdout' as const, text },
});
const LOAD = {
  model: 'sentiment',
  OpenTime: 1,
  VerifyTime: 2,
  TokenizerTime: 3,
  SessionTime: 4,
  LoadTime: 5,
};

test('the load times of an environment are read out of its metrics, whatever else it logs', () => {
  const loads = new LoadTimes();
  loads.read(line('2026-01-01T00:00:00Z\t\tINFO\tthe "LoadTime" of today'));
  loads.read(line('{"LoadTime":"long"}'));
  loads.read(line(JSON.stringify({ _aws: {}, service: 'pilotlight', ...LOAD })));
  loads.read({ ...line(JSON.stringify(LOAD)), environment: 'another' });
  expect(loads.of('one')).toEqual([LOAD]);
});
