/** The process of an execution environment: one Node with a limit of memory, which stands still while it is frozen. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { LogStream } from '../log-stream.ts';
import type { OrphanGuard } from './orphan-guard.ts';
import { type MemoryWatch, watchMemory } from './resident-memory.ts';

export interface EnvironmentProcessOptions {
  /** Of Node: its options, and the script. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly log: LogStream;
  readonly guard: OrphanGuard;
  /** Is called as soon as the process is gone, with its exit code, null after a signal. */
  readonly onExit: (code: number | null) => void;
}

export class EnvironmentProcess {
  readonly #child: ChildProcess;
  readonly #memory: MemoryWatch | undefined;

  constructor({ args, folder, variables, memoryMegabytes, log, guard, onExit }: EnvironmentProcessOptions) {
    this.#child = spawn(process.execPath, args, {
      cwd: folder,
      env: variables,
      stdio: ['ignore', 'pipe', 'pipe'],
      // The process gets a process group of its own, so that Ctrl-C in a terminal is left to the parent.
      detached: true,
    });
    const { pid, stdout, stderr } = this.#child;
    if (stdout) log.capture('stdout', stdout);
    if (stderr) log.capture('stderr', stderr);
    if (pid !== undefined) {
      guard.watch(pid);
      this.#memory = watchMemory(pid, memoryMegabytes, () => this.kill());
    }
    const over = (code: number | null) => {
      this.#memory?.end();
      if (pid !== undefined) guard.release(pid);
      onExit(code);
    };
    this.#child.once('close', over);
    // There was no process to begin with.
    this.#child.once('error', () => over(null));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get maxMemoryMegabytes(): number {
    return this.#memory?.peak() ?? 0;
  }

  /** Whether it had more memory than its limit. */
  get isOutOfMemory(): boolean {
    return this.#memory?.passed() ?? false;
  }

  freeze(): void {
    this.#memory?.pause();
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
    this.#memory?.resume();
  }

  askToEnd(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
