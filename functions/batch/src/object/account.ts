/** The facts that are known of a file at one step: an immutable value, from which the summary of a fault is written. */
import { isS3Status } from '@pilotlight/app/internal/aws/s3-errors';
import type { S3Objects } from '@pilotlight/app/internal/aws/s3-objects';
import { EngineError, type PilotlightError } from '@pilotlight/engine';
import { BatchError } from '../errors.ts';
import { NO_PROGRESS, type Progress } from '../file/parts.ts';
import type { ObjectRef } from './events.ts';
import { Output } from './output.ts';
import { runName } from './run.ts';
import { counts, type ModelSummary } from './summary.ts';
import { Superseded } from './superseded.ts';

interface FileFacts {
  readonly input: ObjectRef;
  /** Where the summary goes. */
  readonly folder: string;
  readonly engineVersion: string;
  /** The ETag with its quotes, as S3 gives it. @default - the object could not be read */
  readonly etag?: string;
  /** @default 0 */
  readonly bytes?: number;
  readonly model?: ModelSummary;
  readonly parameters?: Readonly<Record<string, unknown>>;
  /** @default - nothing is written */
  readonly progress?: Progress;
  /** Oddities of the file that cost no row. @default - there are none */
  readonly warnings?: readonly string[];
}

const FAULTS_OF_FILE = ['MODEL_NOT_FOUND', 'PACKAGE_INVALID', 'PACKAGE_CORRUPT', 'INVALID_PARAMETER'];

export class FileAccount {
  readonly #objects: S3Objects;
  readonly #known: FileFacts;

  constructor(objects: S3Objects, known: FileFacts) {
    this.#objects = objects;
    this.#known = known;
  }

  with(more: Partial<FileFacts>): FileAccount {
    return new FileAccount(this.#objects, { ...this.#known, ...more });
  }

  /** Takes a step. A fault of the file itself is summed up with what was known before the step, and thrown. */
  async during<Result>(step: () => Result | Promise<Result>): Promise<Result> {
    try {
      return await step();
    } catch (error) {
      return this.fail(error);
    }
  }

  /** Throws `cause`, once a summary says so where the file itself is at fault. */
  async fail(cause: unknown): Promise<never> {
    const isUnreadable = isS3Status(cause, 403) || isS3Status(cause, 404);
    const error = isUnreadable ? unreadable(this.#known.input.key, cause) : cause;
    if (isFaultOfFile(error)) await this.#writeFailure(error);
    throw error;
  }

  /** The content of `summary.json`. */
  summary() {
    const { input, etag, bytes = 0, model, parameters, engineVersion, progress = NO_PROGRESS } = this.#known;
    const { warnings = [] } = this.#known;
    const { bucket, key } = input;
    return {
      input: { bucket, key, etag: etag === undefined ? undefined : unquoted(etag), bytes },
      model,
      parameters,
      engine: engineVersion,
      ...counts(progress),
      ...(warnings.length > 0 && { warnings }),
    };
  }

  /** A failure is a run of its own: the summary of a later success takes its place. */
  async #writeFailure({ code, message }: PilotlightError): Promise<void> {
    const { folder, etag, progress = NO_PROGRESS } = this.#known;
    const input = { key: this.#known.input.key, ...(etag === undefined ? {} : { etag }) };
    const run = runName({ ...input, ...progress.position, code, message });
    const output = new Output({ objects: this.#objects, folder, input, run });
    if (await output.isComplete()) return;
    try {
      await output.putSummary({ ...this.summary(), error: { code, message } }, progress.parts);
    } catch (error) {
      if (!(error instanceof Superseded) && !(error instanceof BatchError)) throw error;
    }
  }
}

export const unquoted = (etag: string): string => etag.replaceAll('"', '');

export function unreadable(key: string, cause?: unknown): BatchError {
  return new BatchError('OBJECT_UNREADABLE', `${key} does not exist or may not be read.`, { cause });
}

/** Another try without a change would fail in the same way. */
function isFaultOfFile(error: unknown): error is PilotlightError {
  if (error instanceof BatchError) return error.code !== 'OUTPUT_TAKEN';
  return error instanceof EngineError && FAULTS_OF_FILE.includes(error.code);
}
