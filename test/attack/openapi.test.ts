/**
 * The OpenAPI document taken at its word: its examples succeed, whatever its schemas allow is answered as they say or refused with a
 * status that is in it, and whatever they forbid is refused.
 */
import { Engine } from '@pilotlight/engine';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import type { ServingEngine } from '../../functions/app/src/serve/ports.ts';
import { quiet, workspace } from '../e2e/http-service.ts';
import { addTaskModels } from '../e2e/task-models.ts';
import { cases } from '../scale.ts';
import { fakeJobs } from '../unit/functions/hand-over-to-server/fake-jobs.ts';
import { bodyOf, type OpenApi, type Operation, readDocument, requestOf } from './openapi/document.ts';
import { findFault } from './openapi/validate.ts';
import { damaged, valuesOf } from './openapi/values.ts';

const space = workspace([]);
const engine = new Engine({ packages: space.packages, intraOpThreads: 1, allowSpinning: false });
const parts = { engine, logger: quiet, limits: { maxCallTokens: 4000 } };
const app = createApp({ ...parts, jobs: fakeJobs(), defaultModel: 'reviews' });
let document: OpenApi;

beforeAll(async () => {
  await addTaskModels(space.packages);
  document = await documentOf(app);
});
afterAll(async () => {
  await engine.dispose();
  space.remove();
});

async function documentOf(service: typeof app): Promise<OpenApi> {
  return readDocument(await (await service.request('/openapi.json')).text());
}

/** The same engine with one of its models. */
const onlyOf = (wanted: string): ServingEngine => ({
  prepare: (...call) => engine.prepare(...call),
  model: (ref) => engine.model(ref),
  predictor: (ref) => engine.predictor(ref),
  loaded: () => engine.loaded(),
  models: async () => (await engine.models()).filter(({ name }) => name === wanted),
});

/** Whether the answer is one of those that the document has for the operation: its status, headers and body. */
async function check({ operationId, responses }: Operation, response: Response): Promise<void> {
  const text = await response.text();
  const documented = responses[response.status];
  const told = `${operationId} ${response.status} ${text.slice(0, 300)}`;
  if (!documented) throw new Error(`not in the document: ${told}`);
  for (const [name, { required }] of Object.entries(documented.headers)) {
    if (required) expect(response.headers.has(name), `${name}: ${told}`).toBe(true);
  }
  for (const name of response.headers.keys()) {
    if (name.startsWith('x-')) expect(Object.keys(documented.headers), told).toContain(name);
  }
  const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
  const content = documented.content[type];
  if (Object.keys(documented.content).length > 0) expect(content, `${type}: ${told}`).toBeDefined();
  if (type !== 'application/json' || !content?.schema) return;
  expect(findFault(JSON.parse(text), content.schema, document.schemas), told).toBeUndefined();
}

const asking = (): Operation[] => document.operations.filter((operation) => bodyOf(operation)?.schema);

describe('every example of the document', () => {
  it.each([
    ['a service with jobs and a default model', () => app],
    ['a service with neither', () => createApp(parts)],
    ['a service with a model for another task', () => createApp({ ...parts, defaultModel: 'masks' })],
    ['a service with one model', () => createApp({ ...parts, engine: onlyOf('reviews') })],
    [
      'a service with one model, named',
      () => createApp({ ...parts, engine: onlyOf('masks'), defaultModel: 'masks' }),
    ],
  ])('succeeds against %s', async (_, make) => {
    const service = make();
    const { operations, schemas } = await documentOf(service);
    expect(Object.keys(schemas).length).toBeGreaterThan(5);
    let sent = 0;
    for (const operation of operations) {
      const body = bodyOf(operation);
      if (body && body.example === undefined) continue;
      const request = requestOf(operation, body?.example);
      if (!request) continue;
      if (body?.schema)
        expect(findFault(body.example, body.schema, schemas), operation.operationId).toBeUndefined();
      const response = await service.request(request);
      expect(response.status, `${operation.operationId} ${await response.clone().text()}`).toBeLessThan(400);
      await check(operation, response);
      sent += 1;
    }
    expect(sent).toBeGreaterThan(20);
  });
});

describe('a body', () => {
  const runs = cases({ short: 150, long: 10_000 });

  it('that the document allows is answered as it says, or refused with a status that it has', async () => {
    const statuses = new Map<number, number>();
    const requests = fc.constantFrom(...asking()).chain((operation) => {
      const schema = bodyOf(operation)?.schema ?? {};
      return valuesOf(schema, document.schemas).map((body) => ({ operation, body }));
    });
    await fc.assert(
      fc.asyncProperty(requests, async ({ operation, body }) => {
        const { schema = {} } = bodyOf(operation) ?? {};
        expect(findFault(body, schema, document.schemas)).toBeUndefined();
        const request = requestOf(operation, body);
        if (!request) return;
        const response = await app.request(request);
        expect(response.status).toBeLessThan(500);
        statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
        await check(operation, response);
      }),
      { numRuns: runs, seed: 1 },
    );
    expect(statuses.get(200) ?? 0).toBeGreaterThan(runs / 5);
  });

  it('that the document forbids is refused with a status that it has', async () => {
    let refused = 0;
    const requests = fc.constantFrom(...asking()).chain((operation) => {
      const schema = bodyOf(operation)?.schema ?? {};
      return damaged(valuesOf(schema, document.schemas)).map((body) => ({ operation, body }));
    });
    await fc.assert(
      fc.asyncProperty(requests, async ({ operation, body }) => {
        const fault = findFault(body, bodyOf(operation)?.schema ?? {}, document.schemas);
        const request = requestOf(operation, body);
        if (fault === undefined || !request) return;
        const response = await app.request(request);
        const told = `${operation.operationId} ${fault} ${JSON.stringify(body)?.slice(0, 200)}`;
        expect(response.status, told).toBeGreaterThanOrEqual(400);
        expect(response.status, told).toBeLessThan(500);
        await check(operation, response);
        refused += 1;
      }),
      { numRuns: runs, seed: 2 },
    );
    expect(refused).toBeGreaterThan(runs / 4);
  });
});
