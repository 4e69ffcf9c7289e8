/** What the local service says of its requests: one line each, and failures in full but where another server is absent. */

import type { Exchange, Logger, Telemetry } from '@pilotlight/app/internal/serve/ports';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { paint, type Style } from './terminal.ts';

export const consoleLogger: Logger = {
  info: (message) => console.log(message),
  warn: (message, { error }) => {
    const reason = error instanceof Error ? `: ${inOneLine(error)}` : '';
    console.error(`${paint('yellow', 'warning:', process.stderr)} ${message}${reason}`);
  },
  error: (message, { error }) => {
    const isAbsence = PilotlightError.is(error) && error.code === 'SERVER_UNAVAILABLE';
    const said = isAbsence && !process.env.PILOTLIGHT_DEBUG ? inOneLine(error) : error;
    console.error(`${paint('red', 'error:', process.stderr)} ${message}:`, said);
  },
};

/** What it says and what its causes do, the outermost first. One of several connections has no words, but a code. */
function inOneLine(error: Error): string {
  const { message, cause, name } = error;
  const words = message || ('code' in error ? String(error.code) : name);
  return cause instanceof Error ? `${words.replace(/\.$/, '')}: ${inOneLine(cause)}` : words;
}

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
