/** The body of a request or of an answer, which is read once. */

export type BodyInit = string | Uint8Array | ReadableStream<Uint8Array> | null | undefined;

export class Body {
  /** What there is of it in memory. */
  readonly #whole: string | Uint8Array | undefined;
  #stream: ReadableStream<Uint8Array> | null = null;
  #used = false;

  constructor(init: BodyInit) {
    if (isStream(init)) this.#stream = init;
    else this.#whole = init ?? undefined;
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#stream?.locked ?? false);
  }

  /** A body that is in memory becomes a stream of one piece, once somebody asks for it. */
  get body(): ReadableStream<Uint8Array> | null {
    if (this.#whole !== undefined) this.#stream ??= streamOf(this.#whole);
    return this.#stream;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await this.#bytes());
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return Uint8Array.from(await this.#bytes()).buffer;
  }

  async #bytes(): Promise<Uint8Array> {
    if (this.bodyUsed) throw new TypeError('The body has been read already.');
    this.#used = this.#stream !== null || this.#whole !== undefined;
    if (this.#stream) return join(this.#stream);
    return toBytes(this.#whole ?? '');
  }
}

async function join(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

/** Not by its class, which Node would load for the question. */
function isStream(init: BodyInit): init is ReadableStream<Uint8Array> {
  return typeof init === 'object' && init !== null && 'getReader' in init;
}

function toBytes(init: string | Uint8Array): Uint8Array {
  return typeof init === 'string' ? Buffer.from(init) : init;
}

function streamOf(init: string | Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(toBytes(init));
      controller.close();
    },
  });
}
