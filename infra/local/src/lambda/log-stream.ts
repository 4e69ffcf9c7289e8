/** The log of one execution environment, as its CloudWatch log stream has it. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface LogLine {
  readonly functionName: string;
  /** Name of the log stream; one for each environment. */
  readonly environment: string;
  /** `platform` lines are Lambda's own, such as START and REPORT. */
  readonly source: 'platform' | 'stdout' | 'stderr';
  readonly text: string;
}
export type LogSink = (line: LogLine) => void;

/** Lambda gives this much of the log with an invocation that asks for it. */
const TAIL_BYTES = 4096;

/** Lines, passed on as they come; the last 4 KiB are kept. */
export class LogStream {
  readonly #write: (source: LogLine['source'], text: string) => void;
  #tail = '';

  constructor(functionName: string, environment: string, sink: LogSink) {
    this.#write = (source, text) => {
      this.#tail = `${this.#tail}${text}\n`.slice(-TAIL_BYTES);
      sink({ functionName, environment, source, text });
    };
  }

  platform(text: string): void {
    this.#write('platform', text);
  }

  /** Takes over what a process writes. */
  capture(source: 'stdout' | 'stderr', stream: Readable): void {
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (text) =>
      this.#write(source, text),
    );
  }

  tail(): string {
    return this.#tail;
  }
}

export interface Report {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMegabytes: number;
  readonly maxMemoryMegabytes: number;
  /** Only of the first invocation of an environment. */
  readonly initDurationMs?: number | undefined;
  /** Type of the error that ended the environment. */
  readonly failure?: string | undefined;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html: Lambda bills whole milliseconds, init included. */
export function reportLine(report: Report): string {
  const { requestId, durationMs, memoryMegabytes, maxMemoryMegabytes, initDurationMs, failure } = report;
  const fields = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initDurationMs ?? 0))} ms`,
    `Memory Size: ${memoryMegabytes} MB`,
    `Max Memory Used: ${maxMemoryMegabytes} MB`,
    ...(initDurationMs === undefined ? [] : [`Init Duration: ${initDurationMs.toFixed(2)} ms`]),
    ...(failure === undefined
      ? []
      : [failure === 'Sandbox.Timedout' ? 'Status: timeout' : `Status: error\tError Type: ${failure}`]),
  ];
  return fields.join('\t');
}
