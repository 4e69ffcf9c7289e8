import { readFileSync } from 'node:fs';
import { type InferenceServer, metricOf, startServer as startInferenceServer } from '../../e2e/server.ts';
import { BenchError } from '../errors.ts';
import type { Context } from '../measure/context.ts';

export interface ServerContext {
  readonly prepared: Pick<Context['prepared'], 'packages' | 'model'>;
  readonly threads: number;
}

/** The server of the container with the model of the benchmark, and `environment` beside what it always gets. */
export async function startServer(
  { prepared, threads }: ServerContext,
  environment: Readonly<Record<string, string>> = {},
): Promise<LoadedServer> {
  const server = await startInferenceServer({
    PILOTLIGHT_MODELS_DIR: prepared.packages,
    PILOTLIGHT_PRELOAD_MODELS: prepared.model,
    PILOTLIGHT_INTRA_OP_THREADS: String(threads),
    PILOTLIGHT_EXECUTION_PROVIDER: 'cpu',
    ...environment,
  });
  return new LoadedServer(server, `${server.url}/models/${prepared.model}`);
}

export class LoadedServer {
  readonly #server: InferenceServer;
  /** Address of the model's route. */
  readonly url: string;

  constructor(server: InferenceServer, url: string) {
    this.#server = server;
    this.url = url;
  }

  /** Values of metrics without labels. Delays of the event loop are those since the last time that anybody asked. */
  async metrics(...names: readonly string[]): Promise<number[]> {
    const text = await this.#server.metrics();
    return names.map((name) => metricOf(text, name));
  }

  /** The value of a metric that has a label of this value; 0 where there is none yet. */
  async labelled(name: string, label: string): Promise<number> {
    const line = new RegExp(`^${name}\\{[^}]*="${label}"[^}]*\\} (\\S+)$`, 'm');
    return Number(line.exec(await this.#server.metrics())?.[1] ?? 0);
  }

  /** Bytes that it alone has, heap and buffers: its resident memory without mapped files, which the system may drop. */
  anonymousBytes(): number {
    if (process.platform !== 'linux') return Number.NaN;
    const status = readFileSync(`/proc/${this.#server.pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1] ?? Number.NaN) * 1024;
  }

  /** Answers what it has accepted first. @throws BenchError SUBJECT_FAILED where it did not end well */
  async stop(): Promise<void> {
    this.#server.signal('SIGTERM');
    const code = await this.#server.ended;
    if (code !== 0)
      throw new BenchError('SUBJECT_FAILED', `The server ended with ${code}:\n${this.#server.log()}`);
  }
}
