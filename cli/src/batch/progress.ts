import type { Progress } from '@pilotlight/batch/internal/file/parts';
import { bar, paint } from '../terminal.ts';

/** How far a file is, in one line of a terminal that is written over; elsewhere nothing until the end. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  readonly #start = performance.now();

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  /** `share` of the file that is done, from 0 to 1. */
  show({ position: { row } }: Progress, share: number): void {
    if (!this.#stream.isTTY) return;
    const seconds = this.#seconds();
    const left = share > 0 ? Math.ceil((seconds * (1 - share)) / share) : 0;
    const percent = `${Math.floor(100 * Math.min(share, 1))} %`.padStart(5);
    this.#write(`${bar(share)} ${percent}  ${rate(row, seconds)}  ${duration(Math.max(0, left))} left`);
  }

  end({ position: { row }, errors }: Progress, output: string): void {
    const seconds = this.#seconds();
    if (this.#stream.isTTY) this.#write('');
    const failed = Object.entries(errors).map(([code, rows]) => `${code} ${rows.toLocaleString('en')}`);
    const bad = failed.length > 0 ? ` (errors: ${failed.join(', ')})` : '';
    const took = `${seconds.toFixed(1)} s, ${rate(row, seconds)}`;
    this.#stream.write(
      `${paint('green', 'done', this.#stream)} ${row.toLocaleString('en')} rows${bad} in ${took}: ${output}\n`,
    );
  }

  #seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  #write(line: string): void {
    this.#stream.write(`\r\u001b[2K${line}`);
  }
}

const rate = (rows: number, seconds: number): string =>
  `${Math.round(rows / Math.max(seconds, 0.001)).toLocaleString('en')} rows/s`;

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${seconds % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
