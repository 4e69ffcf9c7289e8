/** Watches whether traffic drifts from what the models were made for. It is loaded with the first prediction that has readings. */
import type { Logger, PredictionRecord } from '../../serve/ports.ts';
import { DriftMetrics } from './drift-metrics.ts';
import { type DriftReport, DriftWindow } from './drift-window.ts';

/** Versions that are watched at once; the one that was heard of least recently goes. */
const MOST_MODELS = 64;

export interface DriftOptions {
  readonly logger: Logger;
  /** Is told of each window; must not throw. @default - nobody is told, but whoever reads `/metrics` */
  readonly publish?: ((report: DriftReport) => void) | undefined;
  /** Milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

export class DriftTelemetry {
  readonly #options: DriftOptions;
  /** By model and version, the least recently used first. */
  readonly #windows = new Map<string, DriftWindow>();
  readonly #metrics = new DriftMetrics();
  /** The one of the last prediction, which is most often that of the next. */
  #latest: { model: string; version: string; checksum: string; window: DriftWindow } | undefined;

  constructor(options: DriftOptions) {
    this.#options = options;
  }

  predicted(record: PredictionRecord): void {
    const { readings } = record;
    if (!readings || readings.length === 0) return;
    const now = (this.#options.now ?? Date.now)();
    for (const report of this.#window(record, now).add(readings, now)) this.#tell(report, now);
  }

  render(): string[] {
    return this.#metrics.render((this.#options.now ?? Date.now)());
  }

  #window(record: PredictionRecord, now: number): DriftWindow {
    const { model, version, checksum = '' } = record;
    const latest = this.#latest;
    if (latest?.model === model && latest.version === version && latest.checksum === checksum)
      return latest.window;
    const window = this.#find(record, now);
    this.#latest = { model, version, checksum, window };
    return window;
  }

  #find(record: PredictionRecord, now: number): DriftWindow {
    const { model, version, checksum = '' } = record;
    const key = `${model}@${version} ${checksum}`;
    const known = this.#windows.get(key);
    if (known) {
      this.#windows.delete(key);
      this.#windows.set(key, known);
      return known;
    }
    const [oldest] = this.#windows.keys();
    if (oldest !== undefined && this.#windows.size === MOST_MODELS) this.#windows.delete(oldest);
    const window = new DriftWindow({ model, version }, now);
    this.#windows.set(key, window);
    void this.#readReference(record, window);
    return window;
  }

  /** Never rejects: without a reference the means are told all the same. */
  async #readReference({ model, version, reference }: PredictionRecord, window: DriftWindow): Promise<void> {
    try {
      window.reference = await reference?.();
    } catch (error) {
      this.#options.logger.warn('The reference of a model cannot be used: its drift is not measured', {
        model,
        version,
        error,
      });
    }
  }

  #tell(report: DriftReport, now: number): void {
    this.#metrics.add(report, now);
    this.#options.publish?.(report);
  }
}
