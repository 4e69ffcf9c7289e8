/**
 * A file that arrives in parts, of which several are under way at once, and that survives the death of its process. Behind the content
 * stands, for each part, how many bytes of it have arrived: one rename takes both over.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode, isRunning } from '@pilotlight/model-format/internal/package/system';

/** Bytes of a part. A part costs a request; what a broken connection has brought of it is kept. */
export const PART_BYTES = 16 << 20;
const COUNT_BYTES = 4;
const NAME = /^(?<id>.+)\.(?<pid>\d+)\.part$/;

export interface Missing {
  /** First byte that is missing, in the file. */
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export class PartialFile {
  readonly path: string;
  readonly bytes: number;
  readonly #file: FileHandle;
  readonly #counts: Buffer;

  private constructor(path: string, bytes: number, file: FileHandle, counts: Buffer) {
    this.path = path;
    this.bytes = bytes;
    this.#file = file;
    this.#counts = counts;
  }

  /** Takes over what a process that ended has left of a file, or begins it. `id` is a plain file name. */
  static async claim(folder: string, id: string, bytes: number): Promise<PartialFile> {
    const path = join(folder, `${id}.${process.pid}.part`);
    // Another process may have removed it, when it was done.
    await mkdir(folder, { recursive: true });
    await takeOver(folder, id, path);
    const file = await openOrCreate(path);
    const counts = Buffer.alloc(COUNT_BYTES * Math.ceil(bytes / PART_BYTES));
    const { size } = await file.stat();
    // As long as its content: it was complete, and its counts were cut off. Shorter: its process ended while it was begun.
    if (size === bytes) fillComplete(counts, bytes);
    else if (size === bytes + counts.length) await file.read(counts, 0, counts.length, bytes);
    else await file.truncate(bytes + counts.length);
    return new PartialFile(path, bytes, file, counts);
  }

  get arrived(): number {
    return Array.from(this.#parts()).reduce((sum, { count }) => sum + count, 0);
  }

  /** What has not arrived, part by part. */
  missing(): Missing[] {
    return [...this.#parts()].flatMap(({ start, end, count }) =>
      start + count < end ? [{ start: start + count, end }] : [],
    );
  }

  /** Everything from the first byte that is missing. */
  rest(): Missing[] {
    const [first] = this.missing();
    return first === undefined ? [] : [{ start: first.start, end: this.bytes }];
  }

  /** Writes bytes that follow those of their part that are there; they may go on in the next part. */
  async write(start: number, chunk: Uint8Array): Promise<void> {
    const own = chunk.subarray(0, PART_BYTES - (start % PART_BYTES));
    await this.#writeInPart(start, own);
    if (own.length < chunk.length) await this.write(start + own.length, chunk.subarray(own.length));
  }

  async #writeInPart(start: number, chunk: Uint8Array): Promise<void> {
    await writeAll(this.#file, chunk, start);
    const offset = COUNT_BYTES * Math.floor(start / PART_BYTES);
    this.#counts.writeUInt32LE((start % PART_BYTES) + chunk.length, offset);
    await writeAll(this.#file, this.#counts.subarray(offset, offset + COUNT_BYTES), this.bytes + offset);
  }

  /** Cuts the counts off, so that the file is what arrived. */
  async complete(): Promise<void> {
    await this.#file.truncate(this.bytes);
    await this.#file.sync();
  }

  async moveTo(target: string): Promise<void> {
    await this.close();
    await rename(this.path, target);
  }

  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  *#parts(): Generator<{ start: number; end: number; count: number }> {
    for (let start = 0, part = 0; start < this.bytes; start += PART_BYTES, part++) {
      const end = Math.min(start + PART_BYTES, this.bytes);
      const count = Math.min(this.#counts.readUInt32LE(part * COUNT_BYTES), end - start);
      yield { start, end, count };
    }
  }
}

/** Counts of parts that are all there. */
function fillComplete(counts: Buffer, bytes: number): void {
  for (let part = 0; part * PART_BYTES < bytes; part++) {
    counts.writeUInt32LE(Math.min(PART_BYTES, bytes - part * PART_BYTES), part * COUNT_BYTES);
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, at + written)).bytesWritten;
  }
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    return open(path, 'wx+');
  }
}

/** Of several processes that want to take one over, one can rename it; where several were left behind, one is enough. */
async function takeOver(folder: string, id: string, path: string): Promise<void> {
  let taken = false;
  for (const name of await readdir(folder)) {
    const groups = NAME.exec(name)?.groups;
    const found = join(folder, name);
    if (groups?.id !== id || found === path || isRunning(Number(groups.pid))) continue;
    try {
      await (taken ? rm(found) : rename(found, path));
      taken = true;
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** The name of a file that is written at once and then renamed: nobody goes on with it. */
export const shortLived = (id: string): string => `${id}${SHORT_LIVED}.${process.pid}.part`;
const SHORT_LIVED = '.whole';

/** Removes partial files that nobody has touched for so long, which nobody will take over, and those that nobody can go on with. */
export async function removeStale(folder: string, olderThanMs: number): Promise<void> {
  const start = Date.now() - 1000 * process.uptime();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { id = '', pid = '' } = NAME.exec(name)?.groups ?? {};
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined) continue;
    // In a container every process may have the same id: then it is of one before where it is older than this one.
    const isUsed = Number(pid) === process.pid ? stats.mtimeMs >= start : isRunning(Number(pid));
    const limit = id.endsWith(SHORT_LIVED) ? 0 : olderThanMs;
    if (!isUsed && Date.now() - stats.mtimeMs >= limit) await rm(path, { force: true });
  }
}
