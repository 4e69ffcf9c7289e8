/** Follows the record of one model: it polls, and has the model mean what a new record says. */
import type { RecordSource } from '@pilotlight/engine/internal/store/registry/record-source';
import { sha256Of } from '@pilotlight/model-format';
import { parseRecord, type RegistryRecord } from '@pilotlight/model-format/registry';
import type { AcceptedRecords } from './accepted-records.ts';
import { FollowedModel, type FollowedModelOptions, type Outcome } from './followed-model.ts';

export interface WatchedModelOptions extends FollowedModelOptions {
  readonly source: Pick<RecordSource, 'read'>;
  readonly kept: Pick<AcceptedRecords, 'read' | 'write'>;
}

interface ReadRecord {
  readonly record: RegistryRecord;
  readonly text: string;
}

export class WatchedModel {
  readonly model: FollowedModel;
  readonly #options: WatchedModelOptions;
  /** The ETag that was read last, of a record that was refused too: it is not read again. */
  #etag: string | undefined;
  #sha256: string | undefined;
  #readAt: number | undefined;
  /** The record that was read last, while nothing was done for it. */
  #left: ReadRecord | undefined;
  /** The record of which a version could not be fetched: it is tried again at the next poll. */
  #again: ReadRecord | undefined;
  readonly #began = performance.now();

  constructor(options: WatchedModelOptions) {
    this.#options = options;
    const later = async () => {
      await this.#read();
      return this.#left?.record;
    };
    this.model = new FollowedModel({ ...options, later });
  }

  /** Has `prod` mean something, from the registry or, where it does not answer, from the record that was accepted last. It never rejects. */
  async start(): Promise<void> {
    const { name, kept, logger } = this.#options;
    await this.#read();
    try {
      const record = this.#left?.record ?? (this.#readAt === undefined ? await kept.read(name) : undefined);
      if (!record) return;
      await this.model.acceptProd(record);
      if (!this.#left) await this.model.acceptOthers(record);
    } catch (error) {
      logger.error('The record that was accepted last cannot be used', { model: name, error });
    }
  }

  /** Asks for the record, and does what is new in it. It never rejects. */
  async poll(): Promise<void> {
    await this.#read();
    this.#left ??= this.#again;
    await this.finish();
  }

  /** Does what is left of the last record, and of those that come meanwhile. It never rejects. */
  async finish(): Promise<void> {
    for (let left = this.#left; left; left = this.#left) await this.#accept(left);
  }

  async #accept(left: ReadRecord): Promise<void> {
    const { name, kept, logger } = this.#options;
    this.#left = undefined;
    this.#again = undefined;
    const prod = await this.model.acceptProd(left.record);
    // A later record came while the version was loaded.
    if (this.#left) return;
    const outcomes: Outcome[] = [prod, await this.model.acceptOthers(left.record)];
    if (outcomes.includes('unavailable')) this.#again = left;
    if (!outcomes.every((outcome) => outcome === 'accepted')) return;
    await kept.write(name, left.text).catch((error: unknown) => {
      logger.error('The record of a model could not be kept for the next start', { model: name, error });
    });
  }

  async #read(): Promise<void> {
    const { name, source, logger, tell } = this.#options;
    try {
      const found = await source.read(name, this.#etag);
      this.#readAt = performance.now();
      // Of a bucket that gives no ETags, the same text comes again and again: it is no new chance for versions that were refused.
      const sha256 = found && sha256Of(found.text);
      if (found) this.#etag = found.etag;
      if (found && sha256 !== this.#sha256) {
        this.#sha256 = sha256;
        this.#left = { record: parseRecord(found.text, name), text: found.text };
        this.model.forgetRefusals();
      }
    } catch (error) {
      logger.error('The record of a model cannot be read, and its names mean what they meant', {
        model: name,
        error,
      });
    }
    const ageMs = Math.round(performance.now() - (this.#readAt ?? this.#began));
    tell({ kind: 'read', model: name, ageMs });
  }
}
