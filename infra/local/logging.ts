/** What the local service says of its requests: one line each, and failures in full. */
import type { Exchange, Logger, Telemetry } from '../../functions/shared/api/ports.ts';
import { paint, type Style } from './terminal.ts';

export const consoleLogger: Logger = {
  info: (message) => console.log(message),
  warn: (message) => console.error(`${paint('yellow', 'warning:', process.stderr)} ${message}`),
  error: (message, { error }) =>
    console.error(`${paint('red', 'error:', process.stderr)} ${message}:`, error),
};

/** `200 sentiment 3.1 ms` on stdout. */
export const requestLog: Telemetry = {
  answered: ({ route, model, status, code, ms }: Exchange) => {
    const what = [model || route, code].filter((word) => word !== '').join(' ');
    console.log(`${paint(styleOf(status), String(status))} ${what} ${paint('dim', `${ms.toFixed(1)} ms`)}`);
  },
  predicted: () => {},
};

function styleOf(status: number): Style {
  if (status >= 500) return 'red';
  return status >= 400 ? 'yellow' : 'green';
}
