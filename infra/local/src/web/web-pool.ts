/**
 * The execution environments of a web function: made as requests need them, shared by as many as each may have, ended when they rest.
 * https://docs.aws.amazon.com/lambda/latest/dg/web-functions-scaling.html
 */
import { randomBytes } from 'node:crypto';
import type { OrphanGuard } from '../lambda/environment/orphan-guard.ts';
import type { WorkFolder } from '../lambda/environment/work-folder.ts';
import { type LogSink, LogStream } from '../lambda/log-stream.ts';
import { Refusal } from './refusal.ts';
import type { DefinedWebFunction } from './web-definition.ts';
import { type EnvironmentUsage, WebEnvironment } from './web-environment.ts';

export interface WebPoolOptions {
  readonly definition: DefinedWebFunction;
  readonly work: WorkFolder;
  /** Where the package lies. */
  readonly task: string;
  readonly guard: OrphanGuard;
  readonly log: LogSink;
}

/** An environment that has a place for a request, until `release`. */
export interface Place {
  readonly environment: WebEnvironment;
  release(): void;
}

interface Waiting {
  resolve(environment: WebEnvironment): void;
  reject(refusal: Refusal): void;
}

export class WebPool {
  readonly #options: WebPoolOptions;
  readonly #environments = new Map<WebEnvironment, NodeJS.Timeout | undefined>();
  readonly #past: EnvironmentUsage[] = [];
  /** Requests without an environment, in the order in which they came. */
  readonly #waiting: Waiting[] = [];

  constructor(options: WebPoolOptions) {
    this.#options = options;
  }

  /** Those that exist, in the order in which they were started. */
  environments(): readonly WebEnvironment[] {
    return [...this.#environments.keys()];
  }

  /** Of every environment that there was. */
  usage(): readonly EnvironmentUsage[] {
    return [...this.#past, ...this.environments().map((environment) => environment.usage())];
  }

  /**
   * Gives the request a place in an environment that has one, else in the first that will: one that starts, or one that another request
   * leaves.
   *
   * @throws Refusal where all are full and no more may be started, or where the one that was started cannot
   */
  async take(): Promise<Place> {
    const free = this.#free();
    if (free) this.#seat(free);
    const environment = free ?? (await this.#wait());
    return { environment, release: () => this.#release(environment) };
  }

  /** Ends every environment. */
  async close(): Promise<void> {
    await Promise.all(this.environments().map((environment) => this.#end(environment)));
  }

  /** The one with the fewest requests, as a load balancer would choose. */
  #free(): WebEnvironment | undefined {
    const { maxConcurrencyPerEnvironment } = this.#options.definition;
    return this.environments()
      .filter(({ isReady, inFlight }) => isReady && inFlight < maxConcurrencyPerEnvironment)
      .sort((left, right) => left.inFlight - right.inFlight)[0];
  }

  #wait(): Promise<WebEnvironment> {
    const { definition } = this.#options;
    if (this.#waiting.length >= this.#comingPlaces) {
      const living = this.environments().filter(({ isReady, isStarting }) => isReady || isStarting);
      if (living.length >= definition.maxEnvironments)
        throw new Refusal('Endpoint.Throttled', 'Every environment that may exist is full.');
      this.#start();
    }
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Places of the environments that start. */
  get #comingPlaces(): number {
    const starting = this.environments().filter(({ isStarting }) => isStarting);
    return starting.length * this.#options.definition.maxConcurrencyPerEnvironment;
  }

  #start(): void {
    const { definition, work, task, guard, log } = this.#options;
    const id = randomBytes(16).toString('hex');
    const name = `${new Date().toISOString().slice(0, 10).replaceAll('-', '/')}/[1]${id}`;
    const environment = new WebEnvironment(name, {
      definition,
      folders: { task, tmp: work.tmp(id) },
      log: new LogStream(definition.name, name, log),
      guard,
    });
    this.#environments.set(environment, undefined);
    void environment.ready.then((listens) => {
      if (listens) this.#serve(environment);
      // Those for whom no other environment starts are refused with the one that could not.
      else for (const { reject } of this.#waiting.splice(this.#comingPlaces)) reject(notListening());
    });
    void environment.gone.then(() => {
      clearTimeout(this.#environments.get(environment));
      this.#environments.delete(environment);
      this.#past.push(environment.usage());
      work.removeTmp(id);
    });
  }

  /** Gives the free places of an environment to those who wait; one that nobody needs rests. */
  #serve(environment: WebEnvironment): void {
    const { maxConcurrencyPerEnvironment, idleSeconds } = this.#options.definition;
    const room = maxConcurrencyPerEnvironment - environment.inFlight;
    for (const { resolve } of this.#waiting.splice(0, room)) {
      this.#seat(environment);
      resolve(environment);
    }
    if (environment.inFlight > 0) return;
    environment.rest();
    const timer = setTimeout(() => void this.#end(environment), idleSeconds * 1000).unref();
    this.#environments.set(environment, timer);
  }

  #seat(environment: WebEnvironment): void {
    clearTimeout(this.#environments.get(environment));
    environment.begin();
  }

  #release(environment: WebEnvironment): void {
    environment.finish();
    if (environment.isReady) this.#serve(environment);
  }

  async #end(environment: WebEnvironment): Promise<void> {
    clearTimeout(this.#environments.get(environment));
    await environment.end();
    await environment.gone;
  }
}

function notListening(): Refusal {
  return new Refusal('Runtime.InitError', 'The server of the function ended, or did not listen in time.');
}
