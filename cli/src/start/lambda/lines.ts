/** What a terminal is told of requests and environments. */
import type { LogLine } from '@pilotlight/local';
import { paint, printable } from '../../kit/style.ts';

/** Numbers environments in the order of their first requests, because their names are long. */
export class Numbers {
  readonly #numbers = new Map<string, number>();

  of(environment: string): number {
    const number = this.#numbers.get(environment) ?? this.#numbers.size + 1;
    this.#numbers.set(environment, number);
    return number;
  }
}

export interface ShownExchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  /** The one that answered, where one did. */
  readonly environment?: string | undefined;
}

/** `200 POST /models/intent 3.1 ms environment 2` */
export function exchangeLine(
  { method, path, status, ms, environment }: ShownExchange,
  numbers: Numbers,
): string {
  const colour = status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
  const where = environment === undefined ? '' : ` environment ${numbers.of(environment)}`;
  return `${paint(colour, String(status))} ${method} ${printable(path)} ${paint('dim', `${ms.toFixed(1)} ms${where}`)}`;
}

export function printLog({ environment, text }: LogLine): void {
  console.log(`${paint('dim', environment.slice(-32, -24))} ${printable(text)}`);
}

export const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;
