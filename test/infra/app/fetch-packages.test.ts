/** Packages of a bucket, fetched for a synth: from local S3, through faults of its network and of whoever writes to it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { defineDeployment } from '../../../infra/constructs/src/app/config/load.ts';
import { fetchPackages } from '../../../infra/constructs/src/app/packages/fetch-packages.ts';
import { PilotlightStage } from '../../../infra/constructs/src/app/pilotlight-stage.ts';
import { describePackage } from '../../../layers/builders/src/models/index.ts';
import { sha256Of, sidecarFiles } from '../../../model-assets/format/src/index.ts';
import { emptyRecord, recordAction, recordText } from '../../../model-assets/format/src/registry/index.ts';
import { CREDENTIALS, type S3Server, startS3 } from '../../fixtures/s3-server.ts';

const PACKAGE = 'model-assets/packages/sentiment/1.0.1';
const REF = 'sentiment@1.0.1';
const SHA256 = sha256Of(readFileSync(join(PACKAGE, 'model.json')));
const FILES = readdirSync(PACKAGE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ parentPath, name }) => join(parentPath, name).slice(PACKAGE.length + 1));

let objects: string;
let cache: string;
let server: S3Server;
beforeAll(async () => {
  objects = mkdtempSync(join(tmpdir(), 'pilotlight-s3-'));
  server = await startS3(objects);
  Object.assign(process.env, CREDENTIALS, { AWS_ENDPOINT_URL_S3: server.url });
  for (const file of FILES)
    await server.put(`nlp/${REF.replace('@', '/')}/${file}`, readFileSync(join(PACKAGE, file)));
});
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'pilotlight-fetched-'));
  server.asked.length = 0;
  server.fault = () => undefined;
  return () => rmSync(cache, { recursive: true });
});
afterAll(async () => {
  await server.close();
  rmSync(objects, { recursive: true });
});

const deployment = (sha256: Readonly<Record<string, string>> = { [REF]: SHA256 }, from = 's3://models/nlp') =>
  defineDeployment({
    team: 'acme',
    env: 'dev',
    config: { functions: { main: { models: ['sentiment'] } }, packages: { from, sha256 } },
  });
const fetched = async (...args: Parameters<typeof deployment>) =>
  (await fetchPackages(deployment(...args), cache)).config.packagesFolder ?? '';

/** Whether a file has the bytes of one of the package; `toEqual` looks at megabytes one by one. */
const isCopy = (path: string, file: string) => readFileSync(path).equals(readFileSync(join(PACKAGE, file)));

test('a package arrives with every file of its manifest, and is the one that was put there', async () => {
  const folder = await fetched();
  const there = describePackage(folder, { name: 'sentiment' });
  expect(there).toMatchObject({ version: '1.0.1', manifestSha256: SHA256 });
  for (const file of FILES) expect(isCopy(join(there.folder, file), file), file).toBe(true);
});

test('of a package that is there nothing is asked for but the files beside its manifest, and one that was damaged since is fetched anew', async () => {
  const folder = await fetched();
  server.asked.length = 0;
  expect(await fetched()).toBe(folder);
  expect(server.asked.map(({ key }) => key)).toEqual(
    sidecarFiles.map((file) => `nlp/sentiment/1.0.1/${file}`),
  );
  const weights = join(folder, 'sentiment/1.0.1/int8/weights.bin');
  writeFileSync(weights, readFileSync(weights).fill(1, 100, 101));
  await fetched();
  expect(isCopy(weights, 'int8/weights.bin')).toBe(true);
});

test('a signature arrives with a package, and one that was given since with the next synth', async () => {
  const folder = await fetched();
  const file = join(folder, 'sentiment/1.0.1/signature.json');
  for (const content of ['first', 'second']) {
    await server.put('nlp/sentiment/1.0.1/signature.json', content);
    await fetched();
    expect(readFileSync(file, 'utf8')).toBe(content);
  }
  expect(readdirSync(folder).filter((name) => name.includes('signature'))).toEqual([]);
  rmSync(folder, { recursive: true });
  await fetched();
  expect(readFileSync(file, 'utf8')).toBe('second');
});

test('what other deployments fetched is not seen: each set of checksums has a folder of its own', async () => {
  await server.put('nlp/sentiment/9.0.0/model.json', '{}');
  const folder = await fetched();
  await expect(fetched({ [REF]: SHA256, 'sentiment@9.0.0': sha256Of('{}') })).rejects.toThrow(
    'sentiment@9.0.0',
  );
  expect(await fetched()).toBe(folder);
  expect(describePackage(folder, { name: 'sentiment' }).version).toBe('1.0.1');
});

test('connections that break are asked again, and the package arrives', async () => {
  let broken = 0;
  server.fault = () => (broken++ < 3 ? { kind: 'cut', afterBytes: 100 } : undefined);
  const folder = await fetched();
  expect(describePackage(folder, { name: 'sentiment' }).manifestSha256).toBe(SHA256);
  expect(broken).toBeGreaterThan(3);
});

test('four synths at once end with one whole package each', async () => {
  const folders = await Promise.all([fetched(), fetched(), fetched(), fetched()]);
  expect(new Set(folders).size).toBe(1);
  expect(describePackage(folders[0] ?? '', { name: 'sentiment' }).manifestSha256).toBe(SHA256);
});

test.each([
  ['s3://models', 's3://models/sentiment/'],
  ['s3://models/', 's3://models/sentiment/'],
  ['s3://models/nlp/more/', 's3://models/nlp/more/sentiment/'],
])('packages of %s are looked for at %s', async (from, place) => {
  await expect(fetched({ [REF]: SHA256 }, from)).rejects.toThrow(`${place}1.0.1/model.json cannot be read`);
});

test.each<[what: string, arrange: () => Parameters<typeof deployment>, message: RegExp]>([
  [
    'has another manifest than was pinned, with both sums',
    () => [{ [REF]: '0'.repeat(64) }],
    new RegExp(`PACKAGE_CORRUPT.*the sha256 of its model\\.json is ${SHA256}, not 0{64}`),
  ],
  [
    'is not there, with its address',
    () => [{ [REF]: SHA256 }, 's3://models/elsewhere'],
    /OBJECT_MISSING.*s3:\/\/models\/elsewhere\/sentiment\/1\.0\.1\/model\.json cannot be read/,
  ],
  [
    'may not be read',
    () => {
      server.fault = () => ({ kind: 'status', status: 403, code: 'AccessDenied' });
      return [];
    },
    /ACCESS_DENIED.*credentials of this shell/,
  ],
  [
    'arrives with a byte that differs',
    () => {
      server.fault = ({ key }) => (key.endsWith('weights.bin') ? { kind: 'flip', at: 1000 } : undefined);
      return [];
    },
    /CONTENT_DIFFERS.*weights\.bin/,
  ],
])('one line refuses a package that %s', async (_what, arrange, message) => {
  const refusal: Error = await fetched(...arrange()).then(
    () => expect.unreachable(),
    (error) => error,
  );
  expect(refusal).toMatchObject({ name: 'InfraError', code: 'PACKAGE_NOT_FETCHED' });
  expect(refusal.message).toMatch(message);
  expect(refusal.message).not.toContain('\n');
  expect(
    readdirSync(cache, { recursive: true }).filter((path) => String(path).endsWith('model.json')),
  ).toEqual([]);
});

const byAlias = (alias = 'prod') =>
  fetchPackages(
    defineDeployment({
      team: 'acme',
      env: 'dev',
      config: {
        functions: { main: { models: ['sentiment'] } },
        packages: { from: 's3://models/nlp', aliases: { sentiment: alias } },
      },
    }),
    cache,
  );

test('what an alias of a registry means is fetched, and another version once it means another', async () => {
  const at = '2026-12-01T00:00:00Z';
  const who = 'ada@example.com';
  const pushed = { action: 'push', version: '1.0.1', manifestSha256: SHA256, bytes: 1 } as const;
  const meant = { version: '1.0.1', manifestSha256: SHA256, gates: [] };
  let record = recordAction(emptyRecord('sentiment'), { at, who, did: pushed });
  record = recordAction(record, { at, who, did: { action: 'promote', alias: 'prod', ...meant } });
  await server.put('nlp/_registry/sentiment.json', recordText(record));
  const { config } = await byAlias();
  expect(describePackage(config.packagesFolder ?? '', { name: 'sentiment' })).toMatchObject({
    version: '1.0.1',
    manifestSha256: SHA256,
  });
  expect(config.packagesFolder).toBe(await fetched());
  await expect(byAlias('canary')).rejects.toThrow(
    /sentiment@canary cannot be fetched \(MODEL_NOT_FOUND\): The registry has no canary of sentiment; it has prod\./,
  );
  await server.put('nlp/_registry/sentiment.json', recordText(record).replace(who, 'eve@example.com'));
  await expect(byAlias()).rejects.toThrow(
    /cannot be fetched \(REGISTRY_INVALID\): .*_registry\/sentiment\.json/,
  );
});

test('a stage does not begin with packages that nobody fetched', () => {
  expect(() => new PilotlightStage(new App(), deployment())).toThrow(
    'The packages of acme.dev are not on this machine: hand the stage the result of "await fetchPackages(deployment)".',
  );
});
