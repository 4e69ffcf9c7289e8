import { format, stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { consoleLogger } from '../../../../cli/src/start/logging.ts';
import { ServerClient } from '../../../../functions/app/src/hand-over/client.ts';
import { ServerHandOver } from '../../../../functions/app/src/hand-over/server-hand-over.ts';
import { fakeApp, fakeEngine, postJson } from '../../functions/fake-engine.ts';

let printed: string;
beforeEach(() => {
  printed = '';
  vi.spyOn(console, 'error').mockImplementation((...parts) => {
    printed += `${format(...parts)}\n`;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** Asks for a model that only a server has, of which nobody listens at the address. */
async function askInVain(): Promise<Response> {
  const url = 'http://127.0.0.1:9';
  const handOver = new ServerHandOver({
    settings: { url, models: { large: 'job' }, deadlineMs: 5000, failuresToOpen: 3, coolDownMs: 10_000 },
    client: new ServerClient(url),
    logger: consoleLogger,
  });
  const app = fakeApp({ engine: fakeEngine({ only: [] }), handOver, logger: consoleLogger });
  return app.request('/models/large', postJson({ inputs: 'a' }));
}

it('a server that is not there is a line for each who notices, with the reason', async () => {
  expect((await askInVain()).status).toBe(502);
  const lines = stripVTControlCharacters(printed).trimEnd().split('\n');
  expect(lines).toEqual([
    'warning: The server did not answer: The server cannot be reached: connect ECONNREFUSED 127.0.0.1:9',
    'error: A request failed: The server does not answer, and there is no queue for a job.',
  ]);
});

it('with PILOTLIGHT_DEBUG there is the stack, too', async () => {
  vi.stubEnv('PILOTLIGHT_DEBUG', '1');
  await askInVain();
  expect(printed).toMatch(/ +at .*elsewhere\.ts/);
});

it('the reason is a code where an address has several connections, none of which has words', () => {
  const cause = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
  consoleLogger.warn('The server did not answer', { error: new TypeError('It is away.', { cause }) });
  expect(stripVTControlCharacters(printed)).toBe(
    'warning: The server did not answer: It is away: ECONNREFUSED\n',
  );
});

it('other failures are told in full', () => {
  consoleLogger.error('A request failed', { error: new TypeError('a mistake') });
  expect(printed).toMatch(/TypeError: a mistake\n +at /);
});
