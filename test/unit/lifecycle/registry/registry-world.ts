/** A registry of a test file: an S3 server of its own, and folders of packages. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { collect, pushPackage, RegistryBucket } from '@pilotlight/lifecycle/registry';
import { sha256Of } from '@pilotlight/model-format';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type S3Server, startS3 } from '../../../../infra/local/src/s3/server.ts';
import { writePackage } from '../../layers/model-packages.ts';

export const BUCKET = 'models';
export const ACTOR = { who: 'ada@example.com', because: 'it is better' };

/** The files of a package of these tests, in the order of their keys. */
export const FILES = [
  'MODEL_CARD.md',
  'goldens.jsonl',
  'int8/model.onnx',
  'int8/weights.bin',
  'model.json',
  'tokenizer.json',
];

export interface RegistryWorld {
  server: S3Server;
  /** The environment of a process that uses the registry. */
  environment: Record<string, string>;
  client: S3Client;
  /** A new registry for each test. */
  registry: RegistryBucket;
  /** The packages of whoever pushes. */
  packages: string;
  /** An empty folder for each test. */
  scratch: string;
}

/** The world of each test of the calling file. */
export function registryWorld(): RegistryWorld {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-registry-'));
  const world = { packages: join(folder, 'packages') } as RegistryWorld;
  let number = 0;
  beforeAll(async () => {
    world.server = await startS3({ bucket: BUCKET, folder: join(folder, 's3') });
    world.environment = {
      AWS_ENDPOINT_URL_S3: world.server.endpoint,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'any',
      AWS_SECRET_ACCESS_KEY: 'any',
    };
    Object.assign(process.env, world.environment);
    world.client = new S3Client({ forcePathStyle: true });
  });
  beforeEach(() => {
    number += 1;
    world.registry = openRegistry(world, `registry-${number}`);
    world.scratch = join(folder, `scratch-${number}`);
  });
  afterAll(async () => {
    world.client.destroy();
    await world.server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return world;
}

export function openRegistry({ environment }: RegistryWorld, prefix: string): RegistryBucket {
  return RegistryBucket.open(`s3://${BUCKET}/${prefix}`, environment);
}

/** Writes a version of `reviews` into the folder of packages, and gives the sum of its model.json. */
export function writeVersion({ packages }: RegistryWorld, version: string, labels = ['bad', 'good']): string {
  const folder = writePackage(packages, { name: 'reviews', version, labels });
  return sha256Of(readFileSync(join(folder, 'model.json')));
}

/** Writes and pushes versions of `reviews`. */
export async function pushVersions(world: RegistryWorld, ...versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    writeVersion(world, version);
    await pushPackage(world.registry, { name: 'reviews', version }, { ...ACTOR, packages: world.packages });
  }
}

/** What lies in the registry below `below`. */
export async function keysBelow({ registry }: RegistryWorld, below = ''): Promise<string[]> {
  return (await registry.list(below)).map(({ key }) => key);
}

/** Changes one byte of an object, in the middle, as nobody but a broken disk or an attacker does. */
export async function flipByte(world: RegistryWorld, key: string): Promise<void> {
  const found = await world.registry.read(key, 1e6);
  if (!found) throw new TypeError(`there is no ${key}`);
  const body = Buffer.from(found.body);
  const middle = Math.floor(body.length / 2);
  body[middle] = (body[middle] ?? 0) ^ 1;
  const Key = new URL(world.registry.url(key)).pathname.slice(1);
  await world.client.send(
    new PutObjectCommand({ Bucket: BUCKET, Key, Body: body, Metadata: { ...found.metadata } }),
  );
}

export type Collecting = Partial<Parameters<typeof collect>[2]>;

/** Collects what is old at once, but for what `options` say. */
export function collectNow({ registry }: RegistryWorld, options: Collecting = {}) {
  return collect(registry, 'reviews', { ...ACTOR, keep: 1, olderThanDays: 0, ...options });
}
