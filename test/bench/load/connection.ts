import { connect, type Socket } from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');
/** A body without a length ends with an empty chunk. */
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * A connection of HTTP/1.1 that sends requests which are bytes already, one after the other: what a client costs must not be
 * taken from the server that is measured on the same cores.
 */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((status: number) => void) | undefined;
  #broken = false;

  constructor({ hostname, port }: URL) {
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#receive(chunk));
    this.#socket.on('error', () => this.#break());
    this.#socket.on('close', () => this.#break());
  }

  get broken(): boolean {
    return this.#broken;
  }

  /** The status of the answer, once it is there whole; 0 where the connection ended before. */
  send(request: Uint8Array): Promise<number> {
    if (this.#broken) return Promise.resolve(0);
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const head = this.#received.indexOf(HEAD_END);
    if (head < 0) return;
    const headers = this.#received.toString('latin1', 0, head);
    const length = /^content-length: (\d+)/im.exec(headers)?.[1];
    const end = head + HEAD_END.length + Number(length ?? 0);
    const whole = length === undefined ? endsWith(this.#received, LAST_CHUNK) : this.#received.length >= end;
    if (!whole) return;
    this.#received = Buffer.alloc(0);
    this.#settle(Number(headers.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
  }

  #break(): void {
    this.#broken = true;
    this.#settle(0);
  }

  #settle(status: number): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(status);
  }
}

const endsWith = (bytes: Buffer, end: Buffer): boolean => bytes.subarray(-end.length).equals(end);

/** The bytes of a POST of JSON. */
export function postBytes(url: URL, value: unknown): Uint8Array {
  const body = JSON.stringify(value);
  const head = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
