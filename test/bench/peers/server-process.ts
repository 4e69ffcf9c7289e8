import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { listeningPort } from '@pilotlight/model-format/internal/network/listening-port';
import * as z from 'zod';
import { userEnvironment } from '../../e2e/command.ts';
import { BenchError } from '../errors.ts';
import { Connection, postBytes } from '../load/connection.ts';
import { cpuMilliseconds, type Memory, memoryOf } from './usage.ts';

/** How a server is started, and where it embeds a text. */
export interface ServerSpec {
  readonly name: string;
  readonly command: string;
  /** The arguments and the environment that make it listen on `port` of 127.0.0.1. */
  readonly listen: (port: number) => {
    readonly args: readonly string[];
    readonly environment?: Readonly<Record<string, string>>;
  };
  /** Takes `{"inputs": text | text[]}` and answers with a list of embeddings. */
  readonly path: string;
}

const POLL_MS = 5;
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 15_000;
const COMPLAINT_CHARACTERS = 2000;

const embeddingsSchema = z.array(z.array(z.number()));

/** A server in a process of its own. */
export class ServerProcess {
  readonly name: string;
  /** Address that texts are posted to. */
  readonly url: string;
  /** From before the process was started to the arrival of its first embedding: wall clock, and CPU of the process. */
  readonly start: { readonly milliseconds: number; readonly cpuMilliseconds: number };
  readonly #child: ChildProcess;

  private constructor(
    { name }: ServerSpec,
    url: string,
    child: ChildProcess,
    start: { milliseconds: number; cpuMilliseconds: number },
  ) {
    this.name = name;
    this.url = url;
    this.#child = child;
    this.start = start;
  }

  /** Resolves with the first embedding of `text`. @throws BenchError SUBJECT_FAILED with the end of its log */
  static async start(spec: ServerSpec, text: string): Promise<ServerProcess> {
    const port = await freePort();
    const { args, environment } = spec.listen(port);
    const url = `http://127.0.0.1:${port}${spec.path}`;
    const began = performance.now();
    const child = spawn(spec.command, args, {
      env: { ...withoutSettings(userEnvironment()), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        log = (log + chunk).slice(-COMPLAINT_CHARACTERS);
      });
    }
    child.on('error', ({ message }) => {
      log += message;
    });
    try {
      await firstAnswer(url, text, child, began + START_LIMIT_MS);
    } catch (cause) {
      child.kill('SIGKILL');
      throw new BenchError('SUBJECT_FAILED', `${spec.name} gave no embedding: ${log}`, { cause });
    }
    const milliseconds = performance.now() - began;
    return new ServerProcess(spec, url, child, {
      milliseconds,
      cpuMilliseconds: cpuMilliseconds(child.pid ?? Number.NaN),
    });
  }

  get pid(): number {
    return this.#child.pid ?? Number.NaN;
  }

  memory(): Memory {
    return memoryOf(this.pid);
  }

  /** One embedding for each text, asked for one at a time. @throws BenchError SUBJECT_FAILED */
  async embed(texts: readonly string[]): Promise<number[][]> {
    const embeddings: number[][] = [];
    for (const text of texts) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(this.url, {
        method: 'POST',
        headers,
        body: JSON.stringify({ inputs: text }),
      });
      const body = await response.text();
      if (!response.ok)
        throw new BenchError('SUBJECT_FAILED', `${this.name} answered ${response.status}: ${body}`);
      embeddings.push(...embeddingsSchema.parse(JSON.parse(body)));
    }
    return embeddings;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    const patience = setTimeout(() => this.#child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(patience);
  }
}

/** No setting of the shell is one of a server. */
const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PILOTLIGHT_')));

/** Asks until the answer is an embedding: a server listens before it has loaded its model. */
async function firstAnswer(url: string, text: string, child: ChildProcess, limit: number): Promise<void> {
  const place = new URL(url);
  const request = postBytes(place, { inputs: text });
  while (performance.now() < limit) {
    if (child.exitCode !== null || child.pid === undefined)
      throw new Error(`it ended with ${child.exitCode}`);
    const connection = new Connection(place);
    const status = await connection.send(request);
    connection.close();
    if (status === 200) return;
    await pause(POLL_MS);
  }
  throw new Error(`no answer in ${START_LIMIT_MS / 1000} s`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = listeningPort(server);
  server.close();
  await once(server, 'close');
  return port;
}
