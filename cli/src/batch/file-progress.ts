import type { Progress } from '@pilotlight/batch/internal/file/parts';
import type { Output } from '../kit/command.ts';
import { ProgressBar } from '../kit/progress.ts';
import { paint, printable } from '../kit/style.ts';
import { timeLeft } from '../kit/table.ts';

/** The result of a file, in a form that programs read. */
export interface FileSummary {
  readonly rows: number;
  /** Rows with an error, by its code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly output: string;
}

/** Shows how far a file is, in one line of a terminal that is written over; elsewhere it writes nothing until the end. */
export class FileProgress {
  readonly #stream: Output;
  readonly #bar: ProgressBar;
  readonly #start = performance.now();

  constructor(stream: Output) {
    this.#stream = stream;
    this.#bar = new ProgressBar(stream);
  }

  /** `share` of the file that is done, from 0 to 1. */
  show({ position: { row } }: Progress, share: number): void {
    const seconds = this.#seconds();
    const left = share > 0 ? (seconds * (1 - share)) / share : 0;
    const percent = `${Math.floor(100 * Math.min(share, 1))} %`.padStart(5);
    this.#bar.show(share, `${percent}  ${rate(row, seconds)}  ${timeLeft(left)} left`);
  }

  summary({ position: { row }, errors }: Progress, output: string): FileSummary {
    this.#bar.clear();
    return { rows: row, errors, seconds: Number(this.#seconds().toFixed(3)), output };
  }

  end(progress: Progress, output: string): void {
    const { rows, errors, seconds } = this.summary(progress, output);
    const failed = Object.entries(errors).map(([code, count]) => `${code} ${count.toLocaleString('en')}`);
    const bad = failed.length > 0 ? ` (errors: ${failed.join(', ')})` : '';
    const took = `${seconds.toFixed(1)} s, ${rate(rows, seconds)}`;
    const done = paint('green', 'done', this.#stream);
    this.#stream.write(`${done} ${rows.toLocaleString('en')} rows${bad} in ${took}: ${printable(output)}\n`);
  }

  #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}

const rate = (rows: number, seconds: number): string =>
  `${Math.round(rows / Math.max(seconds, 0.001)).toLocaleString('en')} rows/s`;
