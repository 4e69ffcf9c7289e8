/** Variants of the versions that a registry gives: fetched, loaded and proven with the version, and found by its rules. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createApp } from '../../../../functions/app/src/app.ts';
import { RegistryRollout } from '../../../../functions/app/src/serve/rollout/registry-rollout.ts';
import { routingRules, variantsByModel } from '../../../../functions/app/src/serve/rollout/routing-rules.ts';
import type { RolloutRecord } from '../../../../functions/app/src/serve/rollout-port.ts';
import { Engine, FolderStore } from '../../../../layers/engine/src/index.ts';
import { RegistryStore } from '../../../../layers/engine/src/store/registry/registry-store.ts';
import { packageModel } from '../../../../model-assets/toolchain/src/package-model.ts';
import { TestRegistry } from '../../../fixtures/registry.ts';
import { BUCKET, CREDENTIALS, type S3Server, startS3 } from '../../../fixtures/s3-server.ts';
import { addOptions, tinyCheckpoint } from '../../toolchain/fixtures/tiny-models.ts';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';
import { postJson, silent } from '../fake-engine.ts';

const folder = temporaryFolder();
const packages = join(folder, 'packages');
const rules = routingRules.parse([
  { when: { headers: { 'x-tier': 'gold' } }, to: 'sentiment', variant: 'fp32' },
]);
const error = vi.fn();

let s3: S3Server;
let registry: TestRegistry;
let engine: Engine;
let rollout: RegistryRollout;
let app: ReturnType<typeof createApp>;

beforeAll(async () => {
  for (const [name, value] of Object.entries(CREDENTIALS)) vi.stubEnv(name, value);
  const options = { name: 'sentiment', variants: ['int8', 'fp32'] as const };
  await packageModel(addOptions(tinyCheckpoint(folder), packages, options));
  s3 = await startS3(join(folder, 's3'));
  vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.url);
  registry = new TestRegistry(s3, join(packages, 'sentiment/1.0.0'));
  await registry.push('1.0.0');
  await registry.promote('1.0.0');
  const fetched = join(folder, 'fetched');
  const base = new FolderStore(join(folder, 'nothing'));
  const variants = variantsByModel(rules);
  const store = new RegistryStore({ bucket: BUCKET, prefix: 'registry/', folder: fetched, base, variants });
  engine = new Engine({ packages: store, intraOpThreads: 1 });
  rollout = new RegistryRollout({
    ...{ engine, store, models: ['sentiment'], folder: fetched, rules, pollMs: 20, polls: 'by timer' },
    ...{ goldensMs: 10_000, logger: { ...silent, error } },
  });
  app = createApp({ engine, logger: silent, rollout });
  await rollout.start();
}, 120_000);
afterAll(async () => {
  rollout.close();
  await engine.dispose();
  await s3.close();
  vi.unstubAllEnvs();
});

async function ask(headers: Record<string, string> = {}, asked = app) {
  const init = postJson({ inputs: 'a lovely film' });
  const response = await asked.request('/models/sentiment', {
    ...init,
    headers: { ...Object(init.headers), ...headers },
  });
  const served = ['version', 'variant'].map((name) => response.headers.get(`x-pilotlight-${name}`));
  return { answer: await response.json(), served };
}
const GOLD = { 'x-tier': 'gold' };

it('a version of the registry is proven with the variant that a rule leads to, which answers with its own bits', async () => {
  expect(engine.loaded().map(({ variantName }) => variantName)).toEqual(['int8', 'fp32']);
  const own = new Engine({ packages, variant: 'fp32', intraOpThreads: 1 });
  const expected = await ask({}, createApp({ engine: own, logger: silent }));
  await own.dispose();
  const [plain, gold] = await Promise.all([ask(), ask(GOLD)]);
  expect([plain.served, gold.served]).toEqual([
    ['1.0.0', 'int8'],
    ['1.0.0', 'fp32'],
  ]);
  expect(gold.answer).toEqual(expected.answer);
  expect(plain.answer).not.toEqual(gold.answer);
});

it('a version whose variant is damaged takes over for nobody, and one that is whole takes over in both and frees the old ones', async () => {
  await registry.push('1.1.0', 'fp32 weights');
  await registry.promote('1.1.0');
  await expect.poll(() => error.mock.calls.length, { timeout: 10_000 }).toBeGreaterThan(0);
  expect(error.mock.calls[0]?.[1]).toMatchObject({ version: '1.1.0', code: 'PACKAGE_CORRUPT' });
  expect([(await ask()).served, (await ask(GOLD)).served]).toEqual([
    ['1.0.0', 'int8'],
    ['1.0.0', 'fp32'],
  ]);
  await registry.push('1.2.0');
  await registry.promote('1.2.0');
  await expect.poll(async () => (await ask(GOLD)).served, { timeout: 10_000 }).toEqual(['1.2.0', 'fp32']);
  const loaded = () =>
    engine.loaded().map(({ manifest, variantName }) => `${manifest.version} ${variantName}`);
  await expect.poll(loaded).toEqual(['1.2.0 int8', '1.2.0 fp32']);
});

it('a shadow reads calls of the variant that is served by itself, and none of another', async () => {
  const told: RolloutRecord[] = [];
  rollout.listen([{ rolledOut: (record) => told.push(record) }]);
  await registry.push('1.3.0');
  await registry.promote('1.3.0', 'shadow', 1);
  const meant = () => told.some((record) => record.kind === 'accepted' && record.aliases.length === 2);
  await expect.poll(meant, { timeout: 10_000 }).toBe(true);
  const read = () => told.flatMap((record) => (record.kind === 'shadow' ? record.outcome : []));
  for (let i = 0; i < 3; i++) await ask(GOLD);
  await ask();
  await expect.poll(read).toEqual(['same']);
});
