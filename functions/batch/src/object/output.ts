/**
 * The results of one file in S3. See ADR-exactly-once.md for why nothing is lost, doubled or mixed however often and
 * in whatever order the same file is processed.
 */

import type { ObjectHead, S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import * as z from 'zod/mini';
import { BatchError } from '../errors.ts';
import type { Part, Progress } from '../file/parts.ts';
import { formatPartName, SUMMARY } from './keys.ts';
import { lastWhere } from './last-where.ts';
import { sha256 } from './run.ts';
import { Superseded } from './superseded.ts';

/** Metadata of everything that is written: the run that it is of, and the key of its input as a hash. */
const RUN = 'pilotlight-run';
const INPUT = 'pilotlight-input';
const PROGRESS = 'pilotlight-progress';
/** Tries of a write. At each of them, one of two deliveries at once gives way. */
const TRIES = 20;

const count = z.int().check(z.nonnegative());
const progressSchema = z.strictObject({
  parts: count,
  position: z.strictObject({ byte: count, row: count, within: z.optional(z.literal(true)) }),
  rowsOut: count,
  errors: z.record(z.string(), count),
  seconds: z.number(),
});

export interface OutputOptions {
  readonly objects: S3Objects;
  /** With a slash at its end. */
  readonly folder: string;
  /** The file that is processed; without an ETag where it could not be read. */
  readonly input: { readonly key: string; readonly etag?: string };
  /** See run.ts. */
  readonly run: string;
}

export class Output {
  readonly #parts: OutputOptions;

  constructor(parts: OutputOptions) {
    this.#parts = parts;
  }

  /** Where this run has got to, by the last part that lies there; `hint` is the number of parts where that is known. */
  async progress(hint = 0): Promise<Progress | undefined> {
    const isWritten = async (part: number) => (await this.own(formatPartName(part))) !== undefined;
    const last = await lastWhere(isWritten, hint - 1);
    return last < 0 ? undefined : parseProgress(await this.own(formatPartName(last)));
  }

  /** Whether this run has written its summary, which is the last thing that it does. */
  async isComplete(): Promise<boolean> {
    return (await this.own(SUMMARY)) !== undefined;
  }

  /** @throws Superseded, BatchError OUTPUT_TAKEN */
  async putPart({ number, body, progress }: Part): Promise<void> {
    const metadata = { [PROGRESS]: JSON.stringify(progress) };
    await this.put(formatPartName(number), body, 'application/x-ndjson', metadata);
  }

  /** Also removes parts that a longer file under the same key left behind. @throws as `putPart` */
  async putSummary(summary: unknown, parts: number): Promise<void> {
    const body = Buffer.from(`${JSON.stringify(summary, null, 2)}\n`);
    await this.put(SUMMARY, body, 'application/json', {});
    for (let surplus = parts; ; surplus++) {
      const key = this.#parts.folder + formatPartName(surplus);
      if (!(await this.#parts.objects.head(key))) return;
      await this.#refuseStale();
      await this.#parts.objects.delete(key);
    }
  }

  /** The object of this name, where this run has written it. */
  async own(name: string): Promise<ObjectHead | undefined> {
    const head = await this.#parts.objects.head(this.#parts.folder + name);
    return head?.metadata[RUN] === this.#parts.run ? head : undefined;
  }

  /** Looks before any work is done whether another file has its results here. @throws BatchError OUTPUT_TAKEN */
  async refuseTaken(): Promise<void> {
    const { objects, folder, input } = this.#parts;
    const owner = (await objects.head(folder + SUMMARY))?.metadata[INPUT];
    if (owner !== undefined && owner !== sha256(input.key)) throw taken(folder);
  }

  /** Writes what this run has not written yet. @throws as `putPart` */
  async put(name: string, body: Buffer, contentType: string, more: Record<string, string>): Promise<void> {
    const { objects, folder, input, run } = this.#parts;
    const key = folder + name;
    const metadata = { [RUN]: run, [INPUT]: sha256(input.key), ...more };
    for (let tries = 0; tries < TRIES; tries++) {
      const there = await objects.head(key);
      if (there?.metadata[RUN] === run) return;
      const owner = there?.metadata[INPUT];
      if (owner !== undefined && owner !== metadata[INPUT]) throw taken(folder);
      await this.#refuseStale();
      if (await objects.put({ key, body, contentType, metadata }, there)) return;
    }
    throw new BatchError('OUTPUT_TAKEN', `Others write to ${key} all the time.`);
  }

  async #refuseStale(): Promise<void> {
    const { objects, input } = this.#parts;
    if (input.etag === undefined) return;
    const head = await objects.head(input.key);
    if (head?.etag !== input.etag) throw new Superseded(input.key);
  }
}

function taken(folder: string): BatchError {
  return new BatchError(
    'OUTPUT_TAKEN',
    `Another file has its results in ${folder}. Give this file another name, or delete that folder.`,
  );
}

function parseProgress(head: ObjectHead | undefined): Progress | undefined {
  const text = head?.metadata[PROGRESS];
  return text === undefined ? undefined : progressSchema.parse(JSON.parse(text));
}
