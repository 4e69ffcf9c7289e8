/** The server of the container as a process of its own, and a package on which one word cannot be run. */
import assert from 'node:assert';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { userEnvironment } from './command.ts';

export interface InferenceServer {
  readonly url: string;
  readonly pid: number;
  /** Everything that it logged up to now. */
  log(): string;
  /** Nobody reads its log any more. */
  closeLog(): void;
  signal(signal: NodeJS.Signals): void;
  /** Its exit code or the signal that it died of, once it has ended. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  predict(inputs: unknown, model?: string): Promise<Answer>;
  /** Polls until the value of a metric without labels is at least `least`. */
  metricAtLeast(name: string, least: number): Promise<void>;
  metrics(): Promise<string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

/** Resolves once it listens and its models are loaded. `limit` is what the shell does before, such as `ulimit -n 100`. */
export async function startServer(
  environment: Readonly<Record<string, string>>,
  limit = 'true',
): Promise<InferenceServer> {
  const command = [process.execPath, 'functions/server/server.ts'];
  const child = spawn('/bin/sh', ['-c', `${limit} && exec "$0" "$@"`, ...command], {
    env: userEnvironment({
      PILOTLIGHT_PORT: '0',
      PILOTLIGHT_HOST: '127.0.0.1',
      PILOTLIGHT_VERIFY: 'size',
      ...environment,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      log += chunk;
    });
  }
  const ended = once(child, 'close').then(
    ([code, signal]: (number | NodeJS.Signals | null)[]) => code ?? signal ?? null,
  );
  const port = () => /"Listening".*"port":(\d+)/.exec(log)?.[1];
  while (port() === undefined) {
    await Promise.race([once(child.stdout, 'data'), ended]);
    if (child.exitCode !== null) assert.fail(`It ended with ${child.exitCode}:\n${log}`);
  }
  const url = `http://127.0.0.1:${port()}`;
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  while (!(await fetch(`${url}/ready`)).ok) await pause();
  return {
    url,
    pid: child.pid ?? Number.NaN,
    log: () => log,
    closeLog: () => {
      for (const stream of [child.stdout, child.stderr]) stream.destroy();
    },
    signal: (signal) => child.kill(signal),
    ended,
    async predict(inputs, model = 'sentiment') {
      const init = { method: 'POST', body: JSON.stringify({ inputs }) };
      const response = await fetch(`${url}/models/${model}`, init);
      return { status: response.status, headers: response.headers, body: await response.json() };
    },
    async metricAtLeast(name, least) {
      while (metricOf(await metrics(), name) < least) await pause();
    },
    metrics,
  };
}

const pause = () => new Promise((done) => setTimeout(done, 10));

/** The value of a metric, of the first of its label sets. */
export function metricOf(text: string, name: string): number {
  return Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}

const manifestSchema = z.looseObject({
  textProcessing: z.looseObject({
    file: z.looseObject({ bytes: z.number(), sha256: z.string() }),
    split: z.unknown().optional(),
  }),
});
const tokenizerSchema = z.looseObject({
  model: z.looseObject({ vocab: z.record(z.string(), z.number()) }),
});

/** Gives `word` an id that the model has no embedding for: a session cannot run on it, whatever stands beside it. */
export function poison(packages: string, model: string, word: string): void {
  const folder = join(packages, model, '1.0.1');
  const tokenizer = tokenizerSchema.parse(JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')));
  assert(word in tokenizer.model.vocab);
  tokenizer.model.vocab[word] = 999_999;
  const text = JSON.stringify(tokenizer);
  writeFileSync(join(folder, 'tokenizer.json'), text);
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')));
  delete manifest.textProcessing.split;
  manifest.textProcessing.file.bytes = Buffer.byteLength(text);
  manifest.textProcessing.file.sha256 = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
}
