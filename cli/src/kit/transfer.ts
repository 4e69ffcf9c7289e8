import type { Output } from './command.ts';
import { ProgressBar } from './progress.ts';

export interface TransferProgress {
  /** `done` of `all` bytes have come. */
  readonly show: (done: number, all: number) => void;
  clear(): void;
}

/** @param quiet - shows nothing */
export function transferProgress(stream: Output, text: string, quiet = false): TransferProgress {
  const bar = new ProgressBar(stream);
  return {
    show: (done, all) => {
      if (!quiet && all > 0) bar.transfer(text, done, all);
    },
    clear: () => bar.clear(),
  };
}
