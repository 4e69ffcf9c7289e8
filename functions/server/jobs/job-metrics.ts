/** The metrics of the worker, in the text format of Prometheus. */
import { Counter, gauge, Histogram } from '@pilotlight/app/internal/telemetry/prometheus-text';
import type { DeliveryOutcome } from './job-run.ts';

/** Upper bounds in seconds. */
const SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

export class JobMetrics {
  readonly #running: () => number;
  readonly #deliveries = new Counter();
  readonly #duration = new Histogram(SECONDS);

  /** `running` is asked at every scrape. */
  constructor(running: () => number) {
    this.#running = running;
  }

  /** `broken`: S3 or SQS failed for so long that the delivery was left to the next one. */
  delivered(outcome: DeliveryOutcome | 'broken', seconds: number): void {
    this.#deliveries.add({ outcome });
    this.#duration.observe({ outcome }, seconds);
  }

  render(): string {
    const lines = [
      ...this.#deliveries.render(
        'pilotlight_job_deliveries_total',
        'Deliveries of jobs, by what became of them.',
      ),
      ...this.#duration.render('pilotlight_job_duration_seconds', 'From the receipt of a job to its end.'),
      ...gauge('pilotlight_jobs_running', 'Jobs under way.', this.#running()),
    ];
    return `${lines.join('\n')}\n`;
  }
}
