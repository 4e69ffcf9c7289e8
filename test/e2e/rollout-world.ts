/** A server that follows a registry, and clients that send 200 requests a second. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { REGISTRY, TestRegistry } from '../fixtures/registry.ts';
import { CREDENTIALS, type S3Server, startS3 } from '../fixtures/s3-server.ts';
import { type InferenceServer, startServer } from './server.ts';

export const PER_SECOND = 200;
/** The most requests under way: a machine that is busy with other work gets fewer in a second. */
const MOST_PENDING = 64;

export interface Seen {
  /** `performance.now()` when it was sent. */
  readonly at: number;
  readonly status: number;
  readonly version: string;
  readonly sticky: string;
}

export class RolloutWorld {
  readonly s3: S3Server;
  readonly registry: TestRegistry;
  readonly server: InferenceServer;
  readonly #scratch: string;

  private constructor(scratch: string, s3: S3Server, registry: TestRegistry, server: InferenceServer) {
    this.#scratch = scratch;
    this.s3 = s3;
    this.registry = registry;
    this.server = server;
  }

  /** Version 1.0.0 is `prod`. */
  static async create(): Promise<RolloutWorld> {
    const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-rollout-'));
    const s3 = await startS3(join(scratch, 's3'));
    const registry = new TestRegistry(s3);
    await registry.push('1.0.0');
    await registry.promote('1.0.0');
    return new RolloutWorld(scratch, s3, registry, await startFollower(scratch, s3));
  }

  /** Another server, on the same folder. */
  start(): Promise<InferenceServer> {
    return startFollower(this.#scratch, this.s3);
  }

  /** Sends requests, as many in each second whatever becomes of them, until it is stopped. */
  load(): { readonly seen: Seen[]; stop(): Promise<void> } {
    const seen: Seen[] = [];
    const pending = new Set<Promise<void>>();
    let sent = 0;
    const send = async () => {
      const at = performance.now();
      const sticky = `tenant ${sent % 50}`;
      const init = {
        method: 'POST',
        body: JSON.stringify({ inputs: `a lovely film, number ${sent}` }),
        headers: { 'x-pilotlight-sticky': sticky },
      };
      const response = await fetch(`${this.server.url}/models/sentiment`, init);
      await response.arrayBuffer();
      const version = response.headers.get('x-pilotlight-version') ?? '';
      seen.push({ at, status: response.status, version, sticky });
    };
    const start = performance.now();
    const timer = setInterval(() => {
      for (; sent < ((performance.now() - start) * PER_SECOND) / 1000; sent++) {
        if (pending.size >= MOST_PENDING) continue;
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

  /** Waits until an alias means a version. */
  async until(alias: string, version: string): Promise<void> {
    await this.#metric(`pilotlight_version_info\\{.*alias="${alias}",version="${version}"`);
  }

  async untilRefused(version: string): Promise<void> {
    await this.#metric(`pilotlight_refused_versions_total\\{.*version="${version}"`);
  }

  async close(): Promise<void> {
    this.server.signal('SIGKILL');
    await this.s3.close();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  async #metric(line: string): Promise<void> {
    while (!new RegExp(`^${line}`, 'm').test(await this.server.metrics())) await wait(50);
  }
}

export const versionsOf = (seen: readonly Seen[]) => [...new Set(seen.map(({ version }) => version))];
export const failedOf = (seen: readonly Seen[]) => seen.filter(({ status }) => status !== 200);

function startFollower(scratch: string, s3: S3Server): Promise<InferenceServer> {
  return startServer({
    PILOTLIGHT_MODELS_DIR: join(scratch, 'nothing'),
    PILOTLIGHT_REGISTRY: REGISTRY,
    PILOTLIGHT_REGISTRY_MODELS: 'sentiment',
    PILOTLIGHT_REGISTRY_POLL_SECONDS: '1',
    PILOTLIGHT_REMOTE_FOLDER: join(scratch, 'fetched'),
    AWS_ENDPOINT_URL_S3: s3.url,
    // With an arena for each thread, threads that come and go leave pieces of free memory in each.
    MALLOC_ARENA_MAX: '1',
    ...CREDENTIALS,
  });
}
