import type { Server } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import * as z from 'zod';
import { createHttpServer } from '../../../functions/app/src/serve/node-server.ts';
import type { AppOptions } from '../../../functions/app/src/serve/ports.ts';
import { listen, open, predictRequest } from './connections.ts';
import { fakeApp, fakeEngine, preparing } from './fake-engine.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

const PATIENCE = { timeout: 20_000 };

/** More bytes than the buffers of two kernels hold. */
const LARGE_BYTES = 40_000_000;
const RESULTS: Readonly<Record<string, unknown>> = {
  large: 'a'.repeat(LARGE_BYTES),
  middling: 'a'.repeat(100_000),
};

/** An engine whose answers are as large as its inputs say. */
function engineOfSizes() {
  const engine = fakeEngine();
  const predict: typeof engine.predict = async (ref, inputs, ...rest) => {
    const prediction = await engine.predict(ref, inputs, ...rest);
    const result = RESULTS[String(inputs)];
    return result === undefined ? prediction : { ...prediction, results: [result] };
  };
  return { ...engine, prepare: preparing(predict) };
}

async function serve(options: Partial<AppOptions>): Promise<number> {
  const server = createHttpServer(fakeApp(options));
  servers.push(server);
  return listen(server);
}

/** 200, or the code of the error. */
async function predict(port: number, inputs = 'a'): Promise<unknown> {
  const url = `http://127.0.0.1:${port}/models/vectors`;
  const headers = { 'accept-encoding': 'identity' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ inputs }) });
  return response.ok ? response.status : z.object({ code: z.string() }).parse(await response.json()).code;
}

const askWithoutReading = (port: number) => open(port, predictRequest({ inputs: 'large' }), { reads: false });

it('clients whose bodies do not come hold no slot', async () => {
  const port = await serve({ limits: { maxConcurrentRequests: 2 } });
  const slow = await Promise.all(
    Array.from({ length: 20 }, () => open(port, predictRequest({ inputs: 'a' }, 1))),
  );
  for (let i = 0; i < 5; i++) expect(await predict(port)).toBe(200);
  for (const { socket } of slow.slice(0, 2)) socket.write(JSON.stringify({ inputs: 'a' }).slice(1));
  await expect
    .poll(() => slow.slice(0, 2).every(({ text }) => text().startsWith('HTTP/1.1 200')), PATIENCE)
    .toBe(true);
});

it('an answer holds its slot until its client has taken it, or is gone', async () => {
  const port = await serve({ limits: { maxConcurrentRequests: 1 }, engine: engineOfSizes() });
  const lazy = await askWithoutReading(port);
  await expect.poll(() => predict(port), PATIENCE).toBe('OVERLOADED');
  let bytes = 0;
  lazy.socket.on('data', (data) => {
    bytes += data.length;
  });
  await expect.poll(() => predict(port), PATIENCE).toBe(200);
  await expect.poll(() => bytes, PATIENCE).toBeGreaterThan(LARGE_BYTES);
  const leaving = await askWithoutReading(port);
  await expect.poll(() => predict(port), PATIENCE).toBe('OVERLOADED');
  leaving.socket.destroy();
  await expect.poll(() => predict(port), PATIENCE).toBe(200);
});

it('a request that finds no slot is refused before its body is read', async () => {
  const gate = Promise.withResolvers<never>();
  let begun = false;
  const wait = () => {
    begun = true;
    return gate.promise;
  };
  const engine = { ...fakeEngine(), prepare: preparing(wait) };
  const port = await serve({ limits: { maxConcurrentRequests: 1 }, engine });
  await open(port, predictRequest({ inputs: 'a' }));
  await expect.poll(() => begun, PATIENCE).toBe(true);
  const { text } = await open(port, predictRequest({ inputs: 'a' }, 3));
  await expect.poll(text, PATIENCE).toContain('OVERLOADED');
  gate.reject(new Error('the end of the test'));
});

it('answers that nobody takes are bounded in bytes: one that is too much is refused with 429, and small ones go on', async () => {
  const port = await serve({ limits: { maxUnsentBytes: 2 * LARGE_BYTES + 50_000 }, engine: engineOfSizes() });
  const lazy = [await askWithoutReading(port), await askWithoutReading(port)];
  await expect.poll(() => predict(port, 'middling'), PATIENCE).toBe('OVERLOADED');
  expect(await predict(port)).toBe(200);
  for (const { socket } of lazy) socket.destroy();
  await expect.poll(() => predict(port, 'middling'), PATIENCE).toBe(200);
});
