import type { Report } from './protocol.ts';

/** Tells whoever started this process. It may have ended a moment ago: then nobody is there to be told, and `disconnect` comes next. */
export function report(what: Report): void {
  if (process.connected) process.send?.(what, undefined, undefined, () => {});
}
