/** Calls that rules send to a variant, from the request to the answer and its metrics. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../../../functions/app/src/app.ts';
import { RegistryRollout } from '../../../../functions/app/src/serve/rollout/registry-rollout.ts';
import { routingRules } from '../../../../functions/app/src/serve/rollout/routing-rules.ts';
import { PrometheusMetrics } from '../../../../functions/app/src/telemetry/prometheus.ts';
import { Engine } from '../../../../layers/engine/src/index.ts';
import { packageModel } from '../../../../model-assets/toolchain/src/package-model.ts';
import { addOptions, tinyCheckpoint } from '../../toolchain/fixtures/tiny-models.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';
import { postJson, silent } from '../fake-engine.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const metrics = new PrometheusMetrics(() => 0);
const rules = [
  { model: 'tiny', when: { headers: { 'x-tier': 'gold' } }, to: 'tiny', variant: 'fp32' },
  { model: 'tiny', when: { minCharacters: 100 }, to: 'tiny@1.0.0', variant: 'fp32' },
];
const engines: Engine[] = [];
let routed: ReturnType<typeof createApp>;

const open = (options: object) => {
  const engine = new Engine({ packages, intraOpThreads: 1, ...options });
  engines.push(engine);
  return engine;
};

/** The answer of an app whose engine has one variant alone. */
async function answerOf(variant: string, path: string, body: object): Promise<unknown> {
  const app = createApp({ engine: open({ variant }), logger: silent });
  return (await app.request(path, postJson(body))).json();
}

beforeAll(async () => {
  await packageModel(addOptions(tinyCheckpoint(folder), packages, { variants: ['int8', 'fp32'] }));
  const engine = open({ answerCacheBytes: 1e6 });
  const rollout = new RegistryRollout({
    ...{ engine, models: [], folder: '/nowhere', rules: routingRules.parse(rules), pollMs: 1000 },
    ...{ polls: 'by timer', goldensMs: 1000, logger: silent },
  });
  routed = createApp({ engine, logger: silent, rollout, telemetry: [metrics] });
}, 120_000);
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.dispose()));
});

const GOLD = { 'x-tier': 'gold' };

async function ask(path: string, body: object, headers: Record<string, string> = {}) {
  const init = postJson(body);
  const response = await routed.request(path, { ...init, headers: { ...Object(init.headers), ...headers } });
  return { answer: await response.json(), headers: response.headers };
}

it('a call that a rule fits gets the bits of the variant, says so, and never gets an answer of another from the cache', async () => {
  const body = { inputs: ['a lovely film', 'so so'] };
  const expected = {
    int8: await answerOf('int8', '/models/tiny', body),
    fp32: await answerOf('fp32', '/models/tiny', body),
  };
  expect(expected.int8).not.toEqual(expected.fp32);
  for (const cached of ['miss', 'hit']) {
    const [plain, gold] = await Promise.all([ask('/models/tiny', body), ask('/models/tiny', body, GOLD)]);
    expect(plain.answer).toEqual(expected.int8);
    expect(gold.answer).toEqual(expected.fp32);
    expect(plain.headers.get('x-pilotlight-variant')).toBe('int8');
    expect(gold.headers.get('x-pilotlight-variant')).toBe('fp32');
    expect(gold.headers.get('x-pilotlight-cache')).toBe(cached);
  }
  expect(metrics.render()).toMatch(
    /^pilotlight_inputs_total\{model="tiny",version="1.0.0",variant="fp32"\} 4$/m,
  );
});

it.each([
  ['/v2/models/tiny/infer', { inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: ['so so'] }] }],
  ['/pipeline/text-classification/tiny', { inputs: 'so so' }],
])('a rule holds for the route %s, too', async (path, body) => {
  const [plain, gold] = [await ask(path, body), await ask(path, body, GOLD)];
  expect(plain.answer).toEqual(await answerOf('int8', path, body));
  expect(gold.answer).toEqual(await answerOf('fp32', path, body));
});

it('long texts get the variant of the version that a rule names, and a call that names a version gets what it asks for', async () => {
  const long = { inputs: 'so so, '.repeat(20) };
  expect((await ask('/models/tiny', long)).headers.get('x-pilotlight-variant')).toBe('fp32');
  expect((await ask('/models/tiny/versions/1.0.0', long)).headers.get('x-pilotlight-variant')).toBe('int8');
});
