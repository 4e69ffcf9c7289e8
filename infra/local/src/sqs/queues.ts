/** Queues in memory that behave as SQS does: at least once, in no promised order, with visibility and dead letters. */
import { randomUUID } from 'node:crypto';
import { EmulatorError } from '../errors.ts';

export interface QueueOptions {
  /** Seconds for which a message that was received stays hidden from others. */
  readonly visibilitySeconds: number;
  /** The queue for messages that were received `maxReceives` times without being deleted. */
  readonly deadLetters?: { readonly queue: string; readonly maxReceives: number };
}

export interface ReceivedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** The number of times that it was received, this time included. */
  readonly receives: number;
}

export interface TakenMessage {
  readonly body: string;
  readonly source?: string;
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  /** The queue that gave it up. @default - it was sent to this queue itself */
  readonly source?: string;
  receiptHandle: string;
  receives: number;
  /** On the clock of `Date.now`. */
  visibleFrom: number;
}

export class Queue {
  readonly name: string;
  readonly options: QueueOptions;
  #messages: Message[] = [];
  #arrival = Promise.withResolvers<void>();

  constructor(name: string, options: QueueOptions) {
    this.name = name;
    this.options = options;
  }

  /** Messages that wait, and messages that were received and not deleted. */
  counts(): { visible: number; hidden: number } {
    const now = Date.now();
    const visible = this.#messages.filter(({ visibleFrom }) => visibleFrom <= now).length;
    return { visible, hidden: this.#messages.length - visible };
  }

  /** `source` is the queue that gives the message up; a client that sends one has none. */
  send(body: string, source?: string): string {
    const messageId = randomUUID();
    const message = { messageId, body, receiptHandle: '', receives: 0, visibleFrom: 0 };
    this.#messages.push({ ...message, ...(source !== undefined && { source }) });
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
    return messageId;
  }

  /** Up to `count` messages. Those that were received too often are given to `bury` instead. */
  receive(
    count: number,
    visibilitySeconds: number | undefined,
    bury: (body: string) => void,
  ): ReceivedMessage[] {
    const now = Date.now();
    const { deadLetters, visibilitySeconds: usual } = this.options;
    const received: ReceivedMessage[] = [];
    for (const message of [...this.#messages]) {
      if (received.length === count) break;
      if (message.visibleFrom > now) continue;
      if (deadLetters && message.receives >= deadLetters.maxReceives) {
        this.#messages = this.#messages.filter((other) => other !== message);
        bury(message.body);
        continue;
      }
      message.receives += 1;
      message.receiptHandle = randomUUID();
      message.visibleFrom = now + 1000 * (visibilitySeconds ?? usual);
      received.push({ ...message });
    }
    return received;
  }

  /** Nothing happens where the message was received again since. */
  delete(receiptHandle: string): void {
    this.#messages = this.#messages.filter((message) => message.receiptHandle !== receiptHandle);
  }

  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.#messages.find((other) => other.receiptHandle === receiptHandle);
    if (!message) return;
    message.visibleFrom = Date.now() + 1000 * seconds;
    this.#arrival.resolve();
    this.#arrival = Promise.withResolvers();
  }

  /** Takes every message out. */
  drain(): string[] {
    return this.take().map(({ body }) => body);
  }

  /** Takes every message out that `wanted` says, each with the queue that gave it up. */
  take(wanted: (message: { readonly source?: string }) => boolean = () => true): TakenMessage[] {
    const taken = this.#messages.filter(wanted);
    this.#messages = this.#messages.filter((message) => !taken.includes(message));
    return taken;
  }

  /** Resolves when a message arrives, or may be received again, or after `ms`. */
  async wait(ms: number): Promise<void> {
    const nextVisible = Math.min(...this.#messages.map(({ visibleFrom }) => visibleFrom - Date.now()));
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(1, Math.min(ms, nextVisible)));
    await Promise.race([promise, this.#arrival.promise]);
    clearTimeout(timer);
  }
}

/** All queues of one server. */
export class Queues {
  readonly #queues: ReadonlyMap<string, Queue>;

  constructor(queues: Readonly<Record<string, QueueOptions>>) {
    this.#queues = new Map(Object.entries(queues).map(([name, options]) => [name, new Queue(name, options)]));
  }

  /** @throws EmulatorError NO_SUCH_QUEUE */
  queue(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue) return queue;
    throw new EmulatorError(
      'NO_SUCH_QUEUE',
      `There is no queue ${name}; there are: ${[...this.#queues.keys()].join(', ')}.`,
    );
  }

  /** Waits up to `waitMs` for messages where there is none. */
  async receive(
    name: string,
    {
      count = 1,
      waitMs = 0,
      visibilitySeconds,
    }: { count?: number; waitMs?: number; visibilitySeconds?: number } = {},
  ): Promise<ReceivedMessage[]> {
    const queue = this.queue(name);
    const bury = (body: string) => this.#bury(queue, body);
    const until = Date.now() + waitMs;
    for (;;) {
      const messages = queue.receive(count, visibilitySeconds, bury);
      const left = until - Date.now();
      if (messages.length > 0 || left <= 0) return messages;
      await queue.wait(left);
    }
  }

  /** Makes a message that was received a dead letter at once. */
  bury(name: string, { receiptHandle, body }: ReceivedMessage): void {
    const queue = this.queue(name);
    queue.delete(receiptHandle);
    this.#bury(queue, body);
  }

  #bury({ name, options: { deadLetters } }: Queue, body: string): void {
    if (deadLetters) this.queue(deadLetters.queue).send(body, name);
  }

  /** Lists the queues whose dead letters `deadLetterQueue` takes. @throws EmulatorError NO_SUCH_QUEUE */
  sourcesOf(deadLetterQueue: string): string[] {
    const { name } = this.queue(deadLetterQueue);
    return [...this.#queues.values()].flatMap((queue) =>
      queue.options.deadLetters?.queue === name ? [queue.name] : [],
    );
  }

  /**
   * Moves dead letters to `destination`, or each back to where it came from, which SQS does not know of messages that somebody
   * sent to the dead-letter queue: those stay.
   *
   * @returns how many were moved, and how many stay
   * @throws EmulatorError NO_SUCH_QUEUE
   */
  redrive(deadLetterQueue: string, destination?: string): { readonly moved: number; readonly left: number } {
    if (this.sourcesOf(deadLetterQueue).length === 0)
      throw new EmulatorError('NO_SUCH_QUEUE', `${deadLetterQueue} takes the dead letters of no queue.`);
    const taken = this.queue(deadLetterQueue).take(({ source }) => (destination ?? source) !== undefined);
    for (const { body, source = '' } of taken) this.queue(destination ?? source).send(body);
    const { visible, hidden } = this.queue(deadLetterQueue).counts();
    return { moved: taken.length, left: visible + hidden };
  }
}
