/** A server that follows a registry, under load, while versions come and go. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Change, REGISTRY, TestRegistry } from '../fixtures/registry.ts';
import { CREDENTIALS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { type InferenceServer, startServer } from './server.ts';

const PER_SECOND = 200;
let scratch: string;
let s3: S3Server;
let registry: TestRegistry;
let server: InferenceServer;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'pilotlight-rollout-'));
  s3 = await startS3(join(scratch, 's3'));
  registry = new TestRegistry(s3);
  await registry.push('1.0.0');
  await registry.promote('1.0.0');
  server = await startServer({
    PILOTLIGHT_MODELS_DIR: join(scratch, 'nothing'),
    PILOTLIGHT_REGISTRY: REGISTRY,
    PILOTLIGHT_REGISTRY_MODELS: 'sentiment',
    PILOTLIGHT_REGISTRY_POLL_SECONDS: '1',
    PILOTLIGHT_REMOTE_FOLDER: join(scratch, 'fetched'),
    AWS_ENDPOINT_URL_S3: s3.url,
    ...CREDENTIALS,
  });
});
afterAll(async () => {
  server.signal('SIGKILL');
  await s3.close();
  rmSync(scratch, { recursive: true, force: true });
});

interface Seen {
  readonly status: number;
  readonly version: string;
  readonly sticky: string;
}

/** Sends requests, as many in each second whatever becomes of them, until it is stopped. */
function load() {
  const seen: Seen[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  const send = async () => {
    const sticky = `tenant ${sent % 50}`;
    const init = {
      method: 'POST',
      body: JSON.stringify({ inputs: `a lovely film, number ${sent}` }),
      headers: { 'x-pilotlight-sticky': sticky },
    };
    const response = await fetch(`${server.url}/models/sentiment`, init);
    await response.arrayBuffer();
    seen.push({
      status: response.status,
      version: response.headers.get('x-pilotlight-version') ?? '',
      sticky,
    });
  };
  const start = performance.now();
  const timer = setInterval(() => {
    for (; sent < ((performance.now() - start) * PER_SECOND) / 1000; sent++) {
      const one: Promise<void> = send().finally(() => pending.delete(one));
      pending.add(one);
    }
  }, 5);
  return {
    seen,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}

const versionsOf = (seen: readonly Seen[]) => [...new Set(seen.map(({ version }) => version))];

/** Waits until an alias means a version. */
async function until(alias: string, version: string): Promise<void> {
  const line = new RegExp(`^pilotlight_version_info\\{.*alias="${alias}",version="${version}"`, 'm');
  while (!line.test(await server.metrics())) await wait(50);
}

async function pushAndPromote(version: string, change?: Change): Promise<void> {
  await registry.push(version, change);
  await registry.promote(version);
}

test('a version that is promoted takes over under load, and no request fails', async () => {
  const { seen, stop } = load();
  await pushAndPromote('1.0.1');
  await until('prod', '1.0.1');
  const after = seen.length;
  await wait(300);
  await registry.promote('1.0.0');
  await until('prod', '1.0.0');
  await stop();
  expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
  expect(versionsOf(seen.slice(0, 20))).toEqual(['1.0.0']);
  expect(versionsOf(seen.slice(after + 50, after + 60))).toEqual(['1.0.1']);
  expect(versionsOf(seen.slice(-5))).toEqual(['1.0.0']);
});
