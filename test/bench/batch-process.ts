/**
 * A process that runs the batch function. Each line of its input is a message of the queue; for each it writes how
 * long the handler took, in milliseconds, and the highest memory so far, in bytes.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { handler } from '../../functions/batch/handler.ts';

export interface BatchReply {
  readonly milliseconds: number;
  readonly peak: number;
}

const context = { getRemainingTimeInMillis: () => 3_600_000 };

/** `maxRSS` would count what the process that started this one had. */
function peakBytes(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return kilobytes === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kilobytes) * 1024;
}

process.stdout.write('ready\n');
for await (const body of createInterface(process.stdin)) {
  const start = performance.now();
  const { batchItemFailures } = await handler({ Records: [{ messageId: 'bench', body }] }, context);
  const milliseconds = batchItemFailures.length === 0 ? performance.now() - start : Number.NaN;
  const reply: BatchReply = { milliseconds, peak: peakBytes() };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
