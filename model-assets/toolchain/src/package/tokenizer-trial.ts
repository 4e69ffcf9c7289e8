/** Entry of the process of a trial: opens a tokenizer and encodes texts. Its exit code is 0 where that works, 1 with the reason on stderr. */
import { writeSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { openNativeTokenizer } from '@pilotlight/engine/internal/tokenizer/native-tokenizer';
import { z } from 'zod';

const trialSchema = z.object({
  file: z.string(),
  requests: z.array(z.object({ text: z.string(), pair: z.string().optional() })),
  memoryLimitBytes: z.number(),
});
/** The content of the standard input. */
export type TokenizerTrial = z.infer<typeof trialSchema>;

const { file, requests, memoryLimitBytes } = trialSchema.parse(await json(process.stdin));

/** Encoding runs in threads of the library, so this one can look at what it takes; but an exit would wait for them. */
setInterval(() => {
  if (process.memoryUsage.rss() <= memoryLimitBytes) return;
  say(`it takes more than ${memoryLimitBytes / 2 ** 30} GiB of memory`);
  process.kill(process.pid, 'SIGKILL');
}, 10).unref();

try {
  const { native: tokenizer } = await openNativeTokenizer({ path: () => file }, { file: { path: file } });
  tokenizer.disableTruncation();
  for (const { text, pair } of requests) await tokenizer.encode(text, pair);
} catch (error) {
  const reason = error instanceof Error ? (error.cause ?? error) : error;
  say(reason instanceof Error ? reason.message : String(reason));
  process.exitCode = 1;
}

function say(reason: string): void {
  writeSync(process.stderr.fd, `${reason}\n`);
}
