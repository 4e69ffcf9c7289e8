/** The log of the local service: one line for each request, and each failure in full unless the server is merely absent. */

import { inspect } from 'node:util';
import type { Exchange, Logger, Telemetry } from '@pilotlight/app/internal/serve/ports';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { paint, printable, printableLines, type Style } from '../kit/style.ts';

export const consoleLogger: Logger = {
  info: (message) => console.log(printable(message)),
  warn: (message, { error }) => {
    const reason = error instanceof Error ? `: ${inOneLine(error)}` : '';
    console.error(`${paint('yellow', 'warning:', process.stderr)} ${printable(message + reason)}`);
  },
  error: (message, { error }) => {
    const isAbsence = PilotlightError.is(error) && error.code === 'SERVER_UNAVAILABLE';
    const isShort = isAbsence && !process.env.PILOTLIGHT_DEBUG;
    const said = isShort ? printable(inOneLine(error)) : printableLines(inspect(error));
    console.error(`${paint('red', 'error:', process.stderr)} ${printable(message)}: ${said}`);
  },
};

/** Joins the messages of an error and of its causes, the outermost first. A failed connection may have a code instead of a message. */
function inOneLine(error: Error): string {
  const { message, cause, name } = error;
  const words = message || ('code' in error ? String(error.code) : name);
  return cause instanceof Error ? `${words.replace(/\.$/, '')}: ${inOneLine(cause)}` : words;
}

/** `200 sentiment 3.1 ms` on stdout. */
export const requestLog: Telemetry = {
  answered: ({ route, model, status, code, ms }: Exchange) => {
    const what = [model || route, code].filter((word) => word !== '').join(' ');
    console.log(
      `${paint(statusStyle(status), String(status))} ${printable(what)} ${paint('dim', `${ms.toFixed(1)} ms`)}`,
    );
  },
  predicted: () => {},
};

function statusStyle(status: number): Style {
  if (status >= 500) return 'red';
  return status >= 400 ? 'yellow' : 'green';
}
