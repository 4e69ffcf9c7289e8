/** The execution environments of one function: made as requests need them, kept for a while after. */
import { randomBytes } from 'node:crypto';
import { LambdaServiceError } from '../errors.ts';
import { type DefinedFunction, LATEST } from '../function-definition.ts';
import { type LogSink, LogStream } from '../log-stream.ts';
import { ExecutionEnvironment, type Invocation, type Outcome } from './execution-environment.ts';
import type { OrphanGuard } from './orphan-guard.ts';
import type { WorkFolder } from './work-folder.ts';

export interface PoolOptions {
  readonly definition: DefinedFunction;
  readonly work: WorkFolder;
  readonly guard: OrphanGuard;
  /** Seconds after which an environment without requests is ended. */
  readonly idleSeconds: number;
  readonly log: LogSink;
  /** See `ProcessOptions`. */
  readonly runtime: string;
}

interface Member {
  readonly environment: ExecutionEnvironment;
  busy: boolean;
  idleTimer?: NodeJS.Timeout;
}

export interface EnvironmentState {
  readonly id: string;
  readonly pid: number | undefined;
  readonly busy: boolean;
}

export class EnvironmentPool {
  readonly definition: DefinedFunction;
  readonly #options: PoolOptions;
  readonly #folders: { readonly task: string; readonly opt: string };
  readonly #members = new Set<Member>();

  constructor(options: PoolOptions) {
    this.definition = options.definition;
    this.#options = options;
    this.#folders = options.work.place(options.definition);
  }

  /** Environments that exist, in the order in which they were started. */
  environments(): readonly EnvironmentState[] {
    return [...this.#members].map(({ environment: { id, pid }, busy }) => ({ id, pid, busy }));
  }

  /** @throws LambdaServiceError TooManyRequestsException where every environment that may exist is busy */
  async invoke(invocation: Invocation): Promise<Outcome> {
    const member = this.#idle() ?? this.#add();
    member.busy = true;
    clearTimeout(member.idleTimer);
    try {
      return await member.environment.invoke(invocation);
    } finally {
      const { working } = member.environment;
      if (working === undefined) this.#release(member);
      else void working.then(() => this.#release(member));
    }
  }

  /** Ends the environments; requests that are under way fail. */
  async end(): Promise<void> {
    await Promise.all([...this.#members].map((member) => this.#remove(member)));
  }

  #release(member: Member): void {
    member.busy = false;
    if (member.environment.ended) void this.#remove(member);
    else {
      const { idleSeconds } = this.#options;
      member.idleTimer = setTimeout(() => void this.#remove(member), idleSeconds * 1000).unref();
    }
  }

  /** The one that was used last, so that others may idle out. */
  #idle(): Member | undefined {
    for (const member of this.#members) {
      if (!member.busy && member.environment.ended) void this.#remove(member);
    }
    return [...this.#members].findLast(({ busy }) => !busy);
  }

  #add(): Member {
    const { definition, work, guard, log, runtime } = this.#options;
    const { name, reservedConcurrency } = definition;
    if (this.#members.size >= reservedConcurrency) {
      throw new LambdaServiceError('TooManyRequestsException', 'Rate Exceeded.');
    }
    const id = randomBytes(16).toString('hex');
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const environment = `${day}/[${LATEST}]${id}`;
    const member: Member = {
      environment: new ExecutionEnvironment({
        definition,
        folders: { ...this.#folders, tmp: work.tmp(id) },
        environment,
        log: new LogStream(name, environment, log),
        guard,
        runtime,
      }),
      busy: false,
    };
    this.#members.add(member);
    return member;
  }

  async #remove(member: Member): Promise<void> {
    clearTimeout(member.idleTimer);
    this.#members.delete(member);
    await member.environment.end();
    this.#options.work.removeTmp(member.environment.id.slice(-32));
  }
}
