/**
 * Every operation of a registry, killed at one of its requests to S3: the record is readable and means what history says, every version
 * that it has is whole, and the same operation once more ends it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { FolderStore } from '@pilotlight/engine';
import { promoteVersion, pullPackage, readRecord } from '@pilotlight/lifecycle/registry';
import { type RegistryRecord, registeredVersions } from '@pilotlight/model-format/registry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Random } from '../fixtures/random.ts';
import { sampled } from '../scale.ts';
import {
  ACTOR,
  keysBelow,
  pushVersions,
  registryWorld,
  writeVersion,
} from '../unit/lifecycle/registry/registry-world.ts';

const world = registryWorld();

/** The number of the request at which the process is killed, counted from 0, and the moment. */
interface Moment {
  readonly request: number;
  /** S3 has not seen the request, has seen a part of its body, or has done it and nobody knows. */
  readonly when: 'before' | 'during' | 'after';
}

let proxy: Server;
let moment: Moment | undefined;
let victim: ChildProcess | undefined;
let requests = 0;

function kill(): void {
  victim?.kill('SIGKILL');
}

function pass(asked: IncomingMessage, response: ServerResponse): void {
  const due = requests === moment?.request ? moment.when : undefined;
  requests += 1;
  if (due === 'before') {
    kill();
    return;
  }
  const { hostname, port } = new URL(world.server.endpoint);
  const { method, url: path, headers } = asked;
  const onward = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
    if (due === 'after') {
      kill();
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
    answer.pipe(response);
  });
  onward.on('error', () => asked.socket.destroy());
  if (due !== 'during') {
    asked.pipe(onward);
    return;
  }
  asked.once('data', (chunk: Buffer) => {
    onward.write(chunk.subarray(0, chunk.length / 2), () => onward.destroy());
    kill();
  });
  asked.once('end', kill);
}

beforeAll(async () => {
  proxy = createServer(pass);
  proxy.on('clientError', (_error, socket) => socket.destroy());
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await once(proxy, 'close');
});

/** Runs an operation through the proxy, and gives its exit code; null where it was killed. */
async function run(operation: string, at?: Moment): Promise<number | null> {
  const address = proxy.address();
  const port = typeof address === 'object' ? address?.port : 0;
  [moment, requests] = [at, 0];
  victim = spawn(
    process.execPath,
    [join(import.meta.dirname, 'registry-process.ts'), operation, world.packages, pulled()],
    {
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
        PILOTLIGHT_REGISTRY: world.registry.address,
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const [code] = await once(victim, 'close');
  return code;
}

/** The folder that a pull fills. */
const pulled = () => `${world.scratch}-pulled`;
const record = () => readRecord(world.registry, 'reviews');

/** Three versions, of which nothing means the first; prod was 1.1.0 and is 1.2.0. */
async function setUp(): Promise<RegistryRecord> {
  await pushVersions(world, '1.0.0', '1.1.0', '1.2.0');
  for (const wanted of ['1.1.0', '1.2.0'])
    await promoteVersion(world.registry, 'reviews', { ...ACTOR, wanted, to: 'prod' });
  writeVersion(world, '1.3.0');
  return record();
}

/** All that it has can be fetched, byte for byte. */
async function expectWhole({ history }: RegistryRecord, folder: string): Promise<void> {
  for (const { version } of registeredVersions({ history }))
    await pullPackage(world.registry, 'reviews', version, { packages: join(world.scratch, folder) });
}

/** What an operation adds to the history, and how many requests it makes at least. */
const OPERATIONS = {
  push: { adds: { action: 'push', version: '1.3.0' }, requests: 12 },
  promote: { adds: { action: 'promote', alias: 'canary', version: '1.2.0', share: 0.1 }, requests: 10 },
  rollback: { adds: { action: 'rollback', alias: 'prod', version: '1.1.0' }, requests: 5 },
  retire: { adds: { action: 'retire', alias: 'prod' }, requests: 2 },
  require: { adds: { action: 'require', alias: 'prod', gates: ['flips<=5'] }, requests: 2 },
  gc: { adds: { action: 'remove', version: '1.0.0' }, requests: 14 },
  pull: { adds: undefined, requests: 8 },
} as const;
type Operation = keyof typeof OPERATIONS;

const random = new Random(20_261_201);
const MOMENTS = (Object.keys(OPERATIONS) as Operation[]).flatMap((operation) => {
  const count = operation === 'push' || operation === 'gc' ? 12 : 6;
  return Array.from({ length: count }, () => {
    const at = random.below(OPERATIONS[operation].requests);
    const when = (['before', 'during', 'after'] as const)[random.below(3)] ?? 'after';
    return [operation, at, when] as const;
  });
});

describe('an operation that is killed', () => {
  test.each(sampled(MOMENTS, { short: 4 }))(
    '%s, at request %i, %s it, leaves a registry that means what history says',
    async (operation, at, when) => {
      const before = await setUp();
      const { adds } = OPERATIONS[operation];
      expect(await run(operation, { request: at, when })).toBe(null);

      const left = await record();
      const added = left.history.slice(before.history.length);
      expect(left.history.slice(0, before.history.length)).toEqual(before.history);
      expect(added.length).toBeLessThanOrEqual(adds ? 1 : 0);
      await expectWhole(left, 'left');
      for (const entry of await new FolderStore(pulled()).list()) expect(entry).not.toHaveProperty('problem');

      expect(await run(operation)).toBe(0);
      const ended = await record();
      expect(ended.history.slice(before.history.length).map(({ did }) => did)).toMatchObject(
        adds ? [adds] : [],
      );
      await expectWhole(ended, 'ended');
      const keys = await keysBelow(world);
      expect(
        keys.filter(
          (key) => key.includes('pushing') || (key.startsWith('reviews/1.0.0/') && operation === 'gc'),
        ),
      ).toEqual([]);
      if (existsSync(join(pulled(), '.fetching')))
        expect(readdirSync(join(pulled(), '.fetching'))).toEqual([]);
    },
  );
});
