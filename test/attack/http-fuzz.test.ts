/** Hostile requests to every route, on the real engine: each is refused with a 4xx and a code, or valid by chance. */
import { Engine } from '@pilotlight/engine';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../functions/app/src/app.ts';
import { routes } from '../../functions/app/src/routes.ts';
import { quiet, workspace } from '../e2e/http-service.ts';
import { addTaskModels, TASK_MODELS } from '../e2e/task-models.ts';
import { cases } from '../scale.ts';
import { type FuzzedRequest, fuzzedRequests } from './http-fuzz-bodies.ts';

const REQUESTS = cases({ short: 4000, long: 50_000 });
const LIMITS = { maxBodyBytes: 200_000, maxCandidateLabels: 10, maxCallTokens: 4000, maxInputTokens: 2000 };
/** The memory that a process of this kind may gain, because V8 grows its heap while memory is not short. */
const GROWTH_BYTES = 150_000_000;

const space = workspace([]);
const engine = new Engine({ packages: space.packages, intraOpThreads: 1, allowSpinning: false });
let answeredRoutes: Set<string>;
const app = createApp({
  engine,
  logger: quiet,
  limits: LIMITS,
  telemetry: [{ answered: ({ route }) => answeredRoutes.add(route), predicted: () => {} }],
});

beforeAll(async () => {
  answeredRoutes = new Set();
  await addTaskModels(space.packages);
});
afterAll(async () => {
  await engine.dispose();
  space.remove();
});

async function send({ path, method, contentType, accepts, coding, body }: FuzzedRequest) {
  const headers: Record<string, string> = {};
  if (contentType !== undefined) headers['content-type'] = contentType;
  if (accepts !== undefined) headers['accept-encoding'] = accepts;
  if (coding !== undefined) headers['content-encoding'] = coding;
  const url = `http://localhost${path.startsWith('/') ? '' : '/'}${path}`;
  return app.request(new Request(url, { method, body: new Uint8Array(body), headers }));
}

/** The code of a refusal, by the place that each format has for it. */
function codeOf(body: { code?: unknown; error?: unknown }): unknown {
  const { error } = body;
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : body.code;
}

describe(`${REQUESTS} fuzzed requests`, () => {
  it('are each answered with a 4xx and a code, or with a prediction where they are valid by chance', async () => {
    const seen = new Map<unknown, number>();
    let slowest = 0;
    let early = 0;
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fuzzedRequests(Object.keys(TASK_MODELS)), async (request) => {
        const start = performance.now();
        const response = await send(request);
        const bytes = await response.arrayBuffer();
        slowest = Math.max(slowest, performance.now() - start);
        runs += 1;
        if (runs === REQUESTS / 2) early = process.memoryUsage().rss;
        if (response.status === 200) {
          seen.set('200', (seen.get('200') ?? 0) + 1);
          return;
        }
        const text = new TextDecoder().decode(bytes);
        expect(response.status, text).toBeGreaterThanOrEqual(400);
        expect(response.status, text).toBeLessThan(500);
        const code = codeOf(JSON.parse(text));
        expect(code, text).toMatch(/^[A-Z_]+$/);
        expect(text).not.toMatch(/node_modules|\.ts:|at Object\./);
        seen.set(code, (seen.get(code) ?? 0) + 1);
      }),
      { numRuns: REQUESTS, seed: 1, endOnFailure: true },
    );
    for (const code of ['200', 'INVALID_JSON', 'INVALID_REQUEST', 'INVALID_INPUT', 'INVALID_PARAMETER']) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(20);
    }
    for (const code of ['BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'JSON_TOO_DEEP']) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(20);
    }
    for (const code of [
      'MODEL_NOT_FOUND',
      'TASK_UNSUPPORTED',
      'INPUT_TOO_LONG',
      'TOO_MANY_INPUTS',
      'METHOD_NOT_ALLOWED',
    ]) {
      expect(seen.get(code) ?? 0, code).toBeGreaterThan(0);
    }
    for (const [name, { method }] of Object.entries(routes)) {
      if (method === 'post') expect([...answeredRoutes]).toContain(name);
    }
    expect(slowest).toBeLessThan(5000);
    expect(process.memoryUsage().rss - early).toBeLessThan(GROWTH_BYTES);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    const after = await app.request('/models/reviews', { method: 'POST', body: '{"inputs": "I love this"}' });
    expect(after.status).toBe(200);
  }, 600_000);
});
