/** Whether a file is the one that its place says it is. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RemoteFile, Sum } from '../remote-source.ts';

/** Why the file at `path` is not that one, in words that follow its name; undefined where it is. */
export async function findDifference(path: string, { bytes, sum }: RemoteFile): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (!stats?.isFile()) return 'is missing';
  if (stats.size !== bytes) return `has ${stats.size} bytes instead of ${bytes}`;
  if (sum === undefined) return undefined;
  const found = await digest(path, sum.algorithm, bytes);
  return found === sum.value ? undefined : `has the ${NAMES[sum.algorithm]} ${found} instead of ${sum.value}`;
}

const NAMES = { sha256: 'sha256', git: 'Git id' } as const;

/** The id of a blob in Git is the sha1 of its size and its content (git-scm.com/book/en/v2/Git-Internals-Git-Objects). */
async function digest(path: string, algorithm: Sum['algorithm'], bytes: number): Promise<string> {
  const hash = createHash(algorithm === 'git' ? 'sha1' : 'sha256');
  if (algorithm === 'git') hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}
