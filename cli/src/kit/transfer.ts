/** Shows how far bytes have come: `12.0 MB of 80.0 MB, 5.2 MB/s, 13 s left`. */
import type { Output } from './command.ts';
import { ProgressBar } from './progress.ts';
import { duration, megabytes } from './table.ts';

export interface TransferProgress {
  /** `done` of `all` bytes have come. */
  readonly show: (done: number, all: number) => void;
  clear(): void;
}

/** @param quiet - shows nothing */
export function transferProgress(stream: Output, text: string, quiet = false): TransferProgress {
  const bar = new ProgressBar(stream);
  const start = performance.now();
  return {
    show: (done, all) => {
      if (quiet || all <= 0) return;
      bar.show(done / all, `${text} ${describeTransfer(done, all, performance.now() - start)}`);
    },
    clear: () => bar.clear(),
  };
}

/** The time that is left is that of the mean speed up to now. */
export function describeTransfer(done: number, all: number, elapsedMs: number): string {
  const amount = `${megabytes(done)} of ${megabytes(all)}`;
  if (done === 0 || elapsedMs <= 0) return amount;
  const left = ((all - done) * elapsedMs) / done;
  return `${amount}, ${megabytes((done / elapsedMs) * 1_000)}/s, ${duration(left)} left`;
}
