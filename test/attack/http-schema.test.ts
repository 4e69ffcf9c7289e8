/** Every field of every body of the OpenAPI document, violated in every way: refused with JSON and a code, or valid by chance. */
import { Engine } from '@pilotlight/engine';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../functions/app/src/app.ts';
import { quiet, workspace } from '../e2e/http-service.ts';
import { addTaskModels, TASK_MODELS } from '../e2e/task-models.ts';
import { cases } from '../scale.ts';
import { type Violation, violationsOf } from './schema-violations.ts';

const REQUESTS = cases({ short: 3000, long: 60_000 });
const AT_ONCE = 8;

const space = workspace([]);
const engine = new Engine({ packages: space.packages, intraOpThreads: 1, allowSpinning: false });
const app = createApp({ engine, logger: quiet });

beforeAll(async () => {
  await addTaskModels(space.packages);
});
afterAll(async () => {
  await engine.dispose();
  space.remove();
});

const refusal = z.union([
  z.looseObject({ code: z.string().regex(/^[A-Z_]+$/) }),
  z.looseObject({ error: z.looseObject({ code: z.string().regex(/^[A-Z_]+$/) }) }),
]);

/** So many of all, evenly, so that each route and each field is among them. */
function sample<T>(all: readonly T[], count: number): T[] {
  if (count >= all.length) return [...all];
  return Array.from({ length: count }, (_, i) => all[Math.floor((i * all.length) / count)]).filter(
    (item) => item !== undefined,
  );
}

async function attack({ path, body, what }: Violation): Promise<number> {
  const response = await app.request(path, { method: 'POST', body });
  const text = await response.text();
  const said = `${path} ${what}: ${response.status} ${text.slice(0, 200)}`;
  expect(response.status, said).toBeLessThan(500);
  expect(response.headers.get('content-type'), said).toContain('application/json');
  const answer: unknown = JSON.parse(text);
  if (response.status >= 400) expect(refusal.safeParse(answer).success, said).toBe(true);
  expect(text, said).not.toMatch(/node_modules|\.ts:\d|at Object\.|RangeError|TypeError/);
  return response.status;
}

it(`${REQUESTS} violations of the document fail no request with 5xx, and pollute nothing`, async () => {
  const document: unknown = await (await app.request('/openapi.json')).json();
  const all = [...violationsOf(document, Object.keys(TASK_MODELS))];
  expect(all.length).toBeGreaterThan(50_000);
  const left = sample(all, REQUESTS);
  const routes = new Set(left.map(({ path }) => path.replace(/models\/\w+/, 'models/x')));
  expect(routes.size).toBeGreaterThan(10);
  const statuses = new Map<number, number>();
  const client = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const status = await attack(next);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  expect(statuses.get(422)).toBeGreaterThan(REQUESTS / 4);
  expect(statuses.get(200)).toBeGreaterThan(10);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  const after = await app.request('/models/reviews', { method: 'POST', body: '{"inputs": "I love this"}' });
  expect(after.status).toBe(200);
}, 900_000);
