import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { digestFile, type FileDigest } from '@pilotlight/model-format';

/**
 * Size and sha256 of each file, computed in a thread of its own: hashing 67 MB takes 40 ms, in which the caller's thread
 * creates the session. See ADR-integrity.md.
 */
export async function digestFiles(paths: readonly string[]): Promise<readonly FileDigest[]> {
  const source = `(${digestInWorker})(${digestFile})`;
  const worker = new Worker(source, { eval: true, workerData: paths });
  const [digests]: readonly (readonly FileDigest[])[] = await once(worker, 'message');
  return digests ?? [];
}

/** Runs from its source text, so that it needs no file of its own inside a bundle; it cannot see this module. */
function digestInWorker(digest: (path: string) => FileDigest): void {
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  parentPort?.postMessage(workerData.map((path: string) => digest(path)));
}
