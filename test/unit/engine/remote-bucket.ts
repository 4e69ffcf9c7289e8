/** One S3 server for the tests of a file, and a new folder for each of them. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { S3Store, type S3StoreOptions } from '../../../layers/engine/src/store/s3/s3-store.ts';
import type { TransferOptions } from '../../../layers/engine/src/store/s3/transfer.ts';
import type { BucketPackage } from '../../fixtures/remote-package.ts';
import { BUCKET, CREDENTIALS, type S3Server, startS3 } from '../../fixtures/s3-server.ts';

export interface Scene {
  server: S3Server;
  /** Gets the packages. */
  folder: string;
}

/** Small parts and short waits, so that a small object has many parts and a test is over soon. */
export const SMALL: Partial<TransferOptions> = {
  partBytes: 1000,
  parallelism: 4,
  maxPartsInMemory: 6,
  attempts: 4,
  backoffMs: 1,
  maxBackoffMs: 4,
  stallMs: 10_000,
};

/** The scene of each test of the calling file. */
export function sceneOfEachTest(): Scene {
  const scene = {} as Scene;
  let objects = '';
  const before: Record<string, string | undefined> = {};
  beforeAll(async () => {
    objects = await mkdtemp(join(tmpdir(), 'pilotlight-s3-'));
    scene.server = await startS3(objects);
    for (const [name, value] of Object.entries({ ...CREDENTIALS, AWS_ENDPOINT_URL_S3: scene.server.url })) {
      before[name] = process.env[name];
      process.env[name] = value;
    }
  });
  beforeEach(async () => {
    scene.folder = await mkdtemp(join(tmpdir(), 'pilotlight-fetched-'));
    scene.server.asked.length = 0;
    scene.server.fault = () => undefined;
  });
  afterEach(() => rm(scene.folder, { recursive: true }));
  afterAll(async () => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await scene.server.close();
    await rm(objects, { recursive: true });
  });
  return scene;
}

export function storeOf(
  { folder }: Scene,
  packages: readonly BucketPackage[],
  options: Partial<S3StoreOptions> = {},
): S3Store {
  return new S3Store({ bucket: BUCKET, packages, folder, transfer: SMALL, ...options });
}

/** Every file below `folder`, by its path. */
export async function contentOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => readFile(file)));
  return new Map(files.map((file, i) => [file.slice(folder.length + 1), contents[i] ?? Buffer.alloc(0)]));
}

/** That `folder` holds the package, byte for byte, and nothing else. */
export async function expectFetched(folder: string, { name, version, files }: BucketPackage): Promise<void> {
  const found = await contentOf(folder);
  expect([...found.keys()].sort()).toEqual([...files.keys()].map((path) => join(name, version, path)).sort());
  for (const [path, content] of files) {
    expect(found.get(join(name, version, path))?.equals(content), path).toBe(true);
  }
}
