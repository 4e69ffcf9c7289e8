/** The sessions that run batches beside the one of all threads. They open together, once they are asked for, and close together. */
import type { Session } from '../ports.ts';

/** Sessions that cost memory only where there is work for them. */
export interface PartSessions {
  /** Those that are open; none before `open` has settled. */
  readonly opened: readonly Session[];
  /** Opens them; once they are open, or could not be opened, it gives what it gave before. @throws what opening one of them throws */
  open(): Promise<readonly Session[]>;
  /** Frees those that are open, which must be idle, until they are opened anew. */
  close(): Promise<void>;
  /** Frees them, also those that are being opened; opens none from then on. */
  dispose(): Promise<void>;
}

/** Sessions that `openAll` opens. It must leave none open where it fails. */
export function openLater(openAll: () => Promise<readonly Session[]>): PartSessions {
  return new LazySessions(openAll);
}

class LazySessions implements PartSessions {
  readonly #openAll: () => Promise<readonly Session[]>;
  #opening: Promise<readonly Session[]> | undefined;
  #closing: Promise<unknown> | undefined;
  #disposed = false;
  opened: readonly Session[] = [];

  constructor(openAll: () => Promise<readonly Session[]>) {
    this.#openAll = openAll;
  }

  open(): Promise<readonly Session[]> {
    this.#opening ??= this.#disposed ? Promise.resolve([]) : this.#open();
    return this.#opening;
  }

  async #open(): Promise<readonly Session[]> {
    const sessions = await this.#openAll();
    if (!this.#disposed) this.opened = sessions;
    return sessions;
  }

  async close(): Promise<void> {
    const sessions = this.opened;
    if (this.#disposed || sessions.length === 0) return;
    this.opened = [];
    this.#opening = undefined;
    this.#closing = Promise.all(sessions.map((session) => session.dispose()));
    await this.#closing;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const [opened] = await Promise.allSettled([this.#opening, this.#closing]);
    // One that failed left nothing open, and whoever asked for it was told.
    const sessions = opened?.status === 'fulfilled' ? (opened.value ?? []) : [];
    await Promise.all(sessions.map((session) => session.dispose()));
  }
}
