/** Stands for the watch of drift until the first prediction: a cold start loads nothing of it. */
import type { PredictionRecord, Telemetry } from '../../serve/ports.ts';
import type { DriftOptions, DriftTelemetry } from './drift-telemetry.ts';

export class LazyDrift implements Telemetry {
  readonly #options: DriftOptions;
  #drift: DriftTelemetry | undefined;
  #loading: Promise<void> | undefined;

  constructor(options: DriftOptions) {
    this.#options = options;
  }

  answered(): void {}

  /** Predictions that end while the modules are loaded are counted once they are. */
  predicted(record: PredictionRecord): void {
    if (!record.readings) return;
    if (this.#drift) {
      this.#drift.predicted(record);
      return;
    }
    this.#loading ??= this.#load();
    void this.#loading.then(() => this.#drift?.predicted(record));
  }

  /** Text of /metrics. */
  render(): string {
    const lines = this.#drift?.render() ?? [];
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  async #load(): Promise<void> {
    try {
      const { DriftTelemetry } = await import('./drift-telemetry.ts');
      this.#drift = new DriftTelemetry(this.#options);
    } catch (error) {
      this.#options.logger.error('The watch of drift cannot be loaded', { error });
    }
  }
}
