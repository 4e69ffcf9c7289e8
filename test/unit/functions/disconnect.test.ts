import { once } from 'node:events';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import { expect, it } from 'vitest';
import { createHttpServer } from '../../../functions/app/src/serve/node-server.ts';
import type { Exchange } from '../../../functions/app/src/serve/ports.ts';
import { fakeApp, fakeEngine, preparing } from './fake-engine.ts';

it('the service gives up many inputs once the client is gone', async () => {
  const began = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<Exchange>();
  const engine = fakeEngine();
  const predict: typeof engine.predict = (_ref, _inputs, _parameters, options) => {
    began.resolve();
    return new Promise((_, reject) => {
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
    });
  };
  const patient = { ...engine, prepare: preparing(predict) };
  const app = fakeApp({ engine: patient, telemetry: [{ answered: ended.resolve, predicted: () => {} }] });
  const server = createHttpServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = listeningPort(server);
  const client = new AbortController();
  const init = { method: 'POST', body: '{"inputs": ["a", "b"]}', signal: client.signal };
  const request = fetch(`http://127.0.0.1:${port}/models/sentiment`, init);
  await began.promise;
  client.abort();
  await expect(request).rejects.toThrow(/abort/i);
  expect(await ended.promise).toMatchObject({ status: 400, code: 'INVALID_REQUEST' });
  server.close();
});
