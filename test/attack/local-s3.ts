/** A local S3 of a test, requests to it as they are written, and a look at what they left on the disk. */
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect } from 'vitest';
import { type S3Server, startS3 } from '../../infra/local/src/s3/server.ts';

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** The path goes out as it is: `fetch` would tidy it up. */
export async function send(
  endpoint: string,
  path: string,
  { method = 'GET', headers = {}, body }: Sent = {},
): Promise<Got> {
  const { hostname, port } = new URL(endpoint);
  const asked = request({ hostname, port, path, method, headers, agent });
  const answered = once(asked, 'response');
  asked.end(body);
  const [response] = await answered;
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

export const codeOf = ({ body }: Got): string | undefined => /<Code>(\w+)<\/Code>/.exec(body)?.[1];

export interface AttackedS3 {
  /** Holds the folder of objects, and one that nobody may touch. */
  readonly scratch: string;
  readonly folder: string;
  /** What this machine could not do. */
  readonly failures: readonly unknown[];
  readonly server: S3Server;
}

/** One for all tests of the calling file, with the bucket `uploads`. */
export function attackedS3(): AttackedS3 {
  const scratch = mkdtempSync(join(tmpdir(), 'pilotlight-attack-'));
  const [canary, folder] = [join(scratch, 'canary'), join(scratch, 'objects')];
  const failures: unknown[] = [];
  const attacked = { scratch, folder, failures, server: {} as S3Server };
  beforeAll(async () => {
    mkdirSync(canary);
    writeFileSync(join(canary, 'file'), 'untouched');
    const failed = (error: unknown) => void failures.push(error);
    attacked.server = await startS3({ bucket: 'uploads', folder, failed });
  });
  afterAll(async () => {
    agent.destroy();
    await attacked.server.close();
    rmSync(scratch, { recursive: true, force: true });
  });
  return attacked;
}

/** Nothing lies beside the folder of objects, and no folder in it. */
export function expectUntouched({ scratch, folder }: AttackedS3): void {
  expect(readdirSync(scratch).sort()).toEqual(['canary', 'objects']);
  expect(readdirSync(join(scratch, 'canary'))).toEqual(['file']);
  expect(readFileSync(join(scratch, 'canary', 'file'), 'utf8')).toBe('untouched');
  expect(readdirSync(folder, { withFileTypes: true }).every((entry) => entry.isFile())).toBe(true);
}
