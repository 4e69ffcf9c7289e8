/** Whether the models of a server still answer as their packages say: a golden of each, once an hour. Functions do it at their warm-ups. */
import type { Logger } from '@pilotlight/app/internal/serve/ports';
import { isFault, runGolden } from '@pilotlight/app/internal/serve/rollout/goldens';
import { Counter, gauges, type Labels } from '@pilotlight/app/internal/telemetry/prometheus-text';
import { formatModelRef, type LoadedModel } from '@pilotlight/engine';

const HOUR_MS = 3_600_000;
/** How long to wait where requests are under way: a check takes the time of one, and nobody is to wait for it. */
const BUSY_MS = 5000;
/** A server that always has requests is checked all the same, this long after its turn. */
const MOST_DELAYS = 120;

type CheckedModel = Pick<LoadedModel, 'manifest' | 'variantName' | 'checkGolden'>;

export interface GoldenChecksOptions {
  readonly loaded: () => readonly CheckedModel[];
  readonly isIdle: () => boolean;
  readonly logger: Logger;
  /** Milliseconds from one round to the next. @default 3,600,000 */
  readonly everyMs?: number;
}

export class GoldenChecks {
  readonly #options: GoldenChecksOptions;
  /** By model, version and variant. */
  readonly #drifts = new Map<string, { readonly labels: Labels; readonly drift: number }>();
  readonly #failures = new Counter();
  #hasRun = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GoldenChecksOptions) {
    this.#options = options;
  }

  /** Begins with a whole interval, because a package is compared when it is loaded. It keeps no process alive. */
  start(): void {
    this.#later(this.#options.everyMs ?? HOUR_MS, 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** Text of /metrics. Nothing before the first round. */
  render(): string {
    if (!this.#hasRun) return '';
    const samples = [...this.#drifts.values()].map(({ drift, labels }) => ({ labels, value: drift }));
    const lines = [
      ...gauges(
        'pilotlight_golden_drift',
        'Deviation of the last golden over what the package accepts: above 1, the answers have changed.',
        samples,
      ),
      ...this.#failures.render(
        'pilotlight_golden_failures_total',
        'Goldens that deviated, or could not be compared.',
      ),
    ];
    return `${lines.join('\n')}\n`;
  }

  /** Runs a golden of each model that is loaded, one after the other. Never rejects. */
  async check(): Promise<void> {
    const models = this.#options.loaded();
    const loaded = new Set(models.map(nameOf));
    for (const name of this.#drifts.keys()) if (!loaded.has(name)) this.#drifts.delete(name);
    for (const model of models) if (model.checkGolden) await this.#checkOne(model);
  }

  async #checkOne(model: CheckedModel): Promise<void> {
    const { name, version } = model.manifest;
    const labels = { model: name, version, variant: model.variantName };
    const result = await runGolden(model);
    const { drift } = result;
    const failed = isFault(result);
    if (drift === undefined) this.#drifts.delete(nameOf(model));
    else this.#drifts.set(nameOf(model), { labels, drift });
    this.#failures.add(labels, failed ? 1 : 0);
    this.#hasRun = true;
    if (failed) {
      this.#options.logger.error('A model does not answer as its golden says', {
        model: formatModelRef(model.manifest),
        variant: model.variantName,
        ...result,
      });
    }
  }

  #later(milliseconds: number, delays: number): void {
    this.#timer = setTimeout(() => void this.#turn(delays), milliseconds);
    this.#timer.unref();
  }

  async #turn(delays: number): Promise<void> {
    const { everyMs = HOUR_MS, isIdle } = this.#options;
    if (!isIdle() && delays < MOST_DELAYS) {
      this.#later(Math.min(BUSY_MS, everyMs), delays + 1);
      return;
    }
    await this.check();
    this.#later(everyMs, 0);
  }
}

function nameOf({ manifest, variantName }: CheckedModel): string {
  return `${formatModelRef(manifest)} ${variantName}`;
}
