import { randomUUID } from 'node:crypto';

/** The execution environment that this process is. */
export class Environment {
  #id: string | undefined;
  #invoked = false;

  /**
   * Tells environments apart. Made when it is first asked for, during an invocation and never during init: environments
   * that are restored from one SnapStart snapshot share what init left, Node's cache of random bytes included, and so
   * would have one id. A restore hook is not needed for it.
   */
  get id(): string {
    this.#id ??= randomUUID({ disableEntropyCache: true });
    return this.#id;
  }

  /** Whether this is the first invocation. Ask it once in each invocation. */
  begin(): boolean {
    const first = !this.#invoked;
    this.#invoked = true;
    return first;
  }
}
