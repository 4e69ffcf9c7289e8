/** Event loop, heap and processor time of this process in the text format of Prometheus, by the names of prom-client. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { gauge } from '@pilotlight/app/internal/telemetry/prometheus-text';

/** A timer of so many milliseconds is watched; what it fires late is the delay of the event loop. */
const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#delay.enable();
  }

  /** Delays are those since the last call, so that an hour of rest does not hide a minute of trouble. */
  render(): string {
    const { heapUsed, heapTotal, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const late = (share: number) => this.#late(this.#delay.percentile(share));
    const lines = [
      ...gauge('nodejs_eventloop_lag_p50_seconds', 'Median delay since the last scrape.', late(50)),
      ...gauge('nodejs_eventloop_lag_p99_seconds', '99th percentile of them.', late(99)),
      ...gauge('nodejs_eventloop_lag_max_seconds', 'The longest of them.', this.#late(this.#delay.max)),
      ...gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
      ...gauge('nodejs_heap_size_total_bytes', 'JavaScript heap.', heapTotal),
      ...gauge('nodejs_external_memory_bytes', 'Buffers outside of it.', external),
      `# HELP process_cpu_seconds_total Processor time, all threads together.`,
      `# TYPE process_cpu_seconds_total counter`,
      `process_cpu_seconds_total ${(user + system) / MICROSECONDS}`,
    ];
    this.#delay.reset();
    return `${lines.join('\n')}\n`;
  }

  /** The histogram records the time from one firing to the next, so the period is subtracted. */
  #late(nanoseconds: number): number {
    return Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000);
  }
}
