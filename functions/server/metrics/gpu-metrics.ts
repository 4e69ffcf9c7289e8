/**
 * Memory and load of the GPUs of this container, by the names of NVIDIA's Triton. Node cannot call the driver's library (NVML) without
 * native code of our own; `nvidia-smi` calls it, and the driver brings it into every container that may use a GPU.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gauges, type Sample } from '@pilotlight/app/internal/telemetry/prometheus-text';

/** As often as Prometheus scrapes by default. */
const INTERVAL_MS = 15_000;
/** A driver in trouble can keep `nvidia-smi` for ever; without an answer the gauges are left out. */
const TIMEOUT_MS = 5000;
const MEBIBYTE = 2 ** 20;
const QUERY = ['--query-gpu=uuid,utilization.gpu,memory.used,memory.total', '--format=csv,noheader,nounits'];

const run = promisify(execFile);

/** What one GPU said. A number is absent where the device does not tell it, such as the load of a part of a GPU (MIG). */
interface GpuState {
  readonly uuid: string;
  /** Share of the time in which something ran on it, 0 to 1. */
  readonly utilization: number | undefined;
  readonly usedBytes: number | undefined;
  readonly totalBytes: number | undefined;
}

export class GpuMetrics {
  readonly #command: string;
  #states: readonly GpuState[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(command = 'nvidia-smi') {
    this.#command = command;
  }

  /** Asks now, and again every 15 s if there is an answer. It keeps no process alive. Resolves after the first answer. */
  async watch(): Promise<void> {
    await this.#ask();
    if (this.#states.length === 0) return;
    this.#timer = setInterval(() => void this.#ask(), INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  render(): string {
    const of = (value: (state: GpuState) => number | undefined): Sample[] =>
      this.#states.flatMap((state) => {
        const known = value(state);
        return known === undefined ? [] : [{ labels: { gpu_uuid: state.uuid }, value: known }];
      });
    const lines = [
      ...gauges(
        'nv_gpu_utilization',
        'Share of the time in which the GPU worked.',
        of((it) => it.utilization),
      ),
      ...gauges(
        'nv_gpu_memory_used_bytes',
        'Memory of the GPU in use.',
        of((it) => it.usedBytes),
      ),
      ...gauges(
        'nv_gpu_memory_total_bytes',
        'Memory of the GPU.',
        of((it) => it.totalBytes),
      ),
    ];
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  async #ask(): Promise<void> {
    try {
      const { stdout } = await run(this.#command, QUERY, { timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
      this.#states = stdout.split('\n').flatMap(readState);
    } catch {
      // No GPU of NVIDIA, or one that does not answer. A gauge that is absent says so; an old value would lie.
      this.#states = [];
    }
  }
}

/** Reads a line such as `GPU-0a1b2c3d, 37, 1024, 23034`; memory is in MiB, and `[N/A]` stands for what is not told. */
function readState(line: string): GpuState[] {
  const [uuid = '', ...numbers] = line.split(',').map((part) => part.trim());
  if (!/^(GPU|MIG)-/.test(uuid)) return [];
  const [percent, used, total] = numbers.map((text) =>
    /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined,
  );
  const scaled = (value: number | undefined, factor: number) =>
    value === undefined ? undefined : value * factor;
  return [
    {
      uuid,
      utilization: scaled(percent, 1 / 100),
      usedBytes: scaled(used, MEBIBYTE),
      totalBytes: scaled(total, MEBIBYTE),
    },
  ];
}
