import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * The sha256 of each file, in lower-case hexadecimal, computed in a thread of its own: hashing 67 MB takes
 * 40 ms, in which the caller's thread creates the session. See ADR-integrity.md.
 */
export async function hashFiles(paths: readonly string[]): Promise<readonly string[]> {
  const worker = new Worker(`(${hashInWorker})()`, { eval: true, workerData: paths });
  const [digests]: readonly (readonly string[])[] = await once(worker, 'message');
  return digests ?? [];
}

/** Runs from its source text, so that it needs no file of its own inside a bundle; it can not see this module. */
function hashInWorker(): void {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { closeSync, openSync, readSync } = process.getBuiltinModule('node:fs');
  const { parentPort, workerData } = process.getBuiltinModule('node:worker_threads');
  const chunk = Buffer.allocUnsafe(1 << 18);
  const digests = workerData.map((path: string) => {
    const hash = createHash('sha256');
    const file = openSync(path, 'r');
    for (let bytes = readSync(file, chunk); bytes > 0; bytes = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, bytes));
    }
    closeSync(file);
    return hash.digest('hex');
  });
  parentPort?.postMessage(digests);
}
