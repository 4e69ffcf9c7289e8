/**
 * Follows a given text with the graphs of a variant, all of its tokens in one run: what the model thinks of each, and which it would have
 * taken. Sessions are opened as they are served.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Feeds, Session, Tensor } from '@pilotlight/engine/internal/ports';
import {
  HIDDEN,
  LENGTH_MULTIPLE,
  pastName,
  UNUSED_ENTRIES,
} from '@pilotlight/engine/internal/runtimes/generation/graphs';
import { createOnnxSession } from '@pilotlight/engine/internal/session/onnx-session';
import { type DecoderFacts, describeScheme, type GenerationVariant } from '@pilotlight/model-format';

/** A text in tokens. */
export interface FollowedText {
  /** Of the encoder. @default - the model has none */
  readonly source?: readonly number[] | undefined;
  /** Of the decoder, at least one: a prompt, or the token that it begins from. */
  readonly prompt: readonly number[];
  /** What was generated, at least one. */
  readonly ids: readonly number[];
}

/** Of each generated token. */
export interface TokenOpinion {
  readonly logprob: number;
  /** The token that has the highest probability in its place. */
  readonly best: number;
}

export class TextScorer {
  readonly #decoder: DecoderFacts;
  readonly #step: Session;
  readonly #encoder: Session | undefined;
  readonly #inputs: ReadonlySet<string>;

  private constructor(
    decoder: DecoderFacts,
    step: Session,
    encoder: Session | undefined,
    inputs: ReadonlySet<string>,
  ) {
    this.#decoder = decoder;
    this.#step = step;
    this.#encoder = encoder;
    this.#inputs = inputs;
  }

  /** Opens a variant for as long as `work` takes. `folder` is that of the package. @throws EngineError as sessions do */
  static async with<Result>(
    folder: string,
    { graphs, scheme }: Pick<GenerationVariant, 'graphs' | 'scheme'>,
    decoder: DecoderFacts,
    work: (scorer: TextScorer) => Promise<Result>,
  ): Promise<Result> {
    const { sumsMaySaturate = false, foldWeights = false } = describeScheme(scheme);
    const options = {
      intraOpThreads: availableParallelism(),
      allowSpinning: true,
      sumsMaySaturate,
      foldWeights,
    };
    const opened: Session[] = [];
    const open = async (graph: GenerationVariant['graphs']['step']): Promise<Session> => {
      const session = await createOnnxSession(join(folder, graph.file), graph, options);
      opened.push(session);
      return session;
    };
    try {
      const encoder = graphs.encoder && (await open(graphs.encoder));
      const inputs = new Set(graphs.step.inputs.map(({ name }) => name));
      return await work(new TextScorer(decoder, await open(graphs.step), encoder, inputs));
    } finally {
      for (const session of opened) await session.dispose();
    }
  }

  async follow(text: FollowedText): Promise<readonly TokenOpinion[]> {
    const { logits } = await this.#step.run((await this.feeds(text)).step);
    if (logits === undefined) throw new TypeError('The step graph gives no logits.');
    const { vocabSize } = this.#decoder;
    return text.ids.map((id, row) =>
      opinion(logits.data.subarray(row * vocabSize, (row + 1) * vocabSize), id),
    );
  }

  /** What each graph reads of a text. */
  async feeds(text: FollowedText): Promise<{ readonly encoder?: Feeds; readonly step: Feeds }> {
    const encoder = this.#encoder && text.source && sourceFeeds(text.source);
    const crossed = encoder && (await this.#encoder?.run(encoder));
    const mask = encoder && { 'cross.mask': crossMask(encoder) };
    const feeds = { ...stepFeeds(text, this.#decoder), ...crossed, ...mask };
    const wanted = Object.entries(feeds).filter(([name]) => this.#inputs.has(name));
    return { step: Object.fromEntries(wanted), ...(encoder && { encoder }) };
  }
}

/** The ids of a source, and which of them are no padding. */
function sourceFeeds(source: readonly number[]) {
  const length = Math.ceil(source.length / LENGTH_MULTIPLE) * LENGTH_MULTIPLE;
  const places = Array.from({ length }, (_, place) => place);
  return {
    ids: integers(
      [1, length],
      places.map((place) => source[place] ?? 0),
    ),
    mask: integers(
      [1, length],
      places.map((place) => (place < source.length ? 1 : 0)),
    ),
  };
}

function crossMask({ mask }: ReturnType<typeof sourceFeeds>): Tensor {
  const data = Float32Array.from(mask.data, (value) => (value === 1n ? 0 : HIDDEN));
  return { dims: [1, 1, 1, data.length], data };
}

/** One run of the prompt and all but the last of the generated tokens, over an empty cache. */
function stepFeeds({ prompt, ids }: FollowedText, decoder: DecoderFacts): Feeds {
  const tokens = [...prompt, ...ids.slice(0, -1)];
  const places = tokens.map((_, place) => place);
  const entries = UNUSED_ENTRIES;
  const feeds: Record<string, Feeds[string]> = {
    ids: integers([1, tokens.length], tokens),
    positions: integers([1, tokens.length], places),
    times: integers([1, tokens.length + entries], [...places, ...new Array<number>(entries).fill(0)]),
    sizes: integers([2], [tokens.length, entries]),
    rows: integers([ids.length], places.slice(prompt.length - 1)),
    top: integers([1], [1]),
    bias: { dims: [1, 1], data: new Float32Array(1) },
    mask: causalMask(tokens.length, entries),
    'mask.window': causalMask(tokens.length, entries, decoder.window),
  };
  const { layers, heads, dim } = decoder;
  const empty = { dims: [1, heads, entries, dim], data: new Float32Array(heads * entries * dim) };
  for (let layer = 0; layer < layers; layer++)
    for (const part of ['key', 'value'] as const) feeds[pastName(layer, part)] = empty;
  return feeds;
}

/** `[1, 1, tokens, tokens + entries]`: each token sees those before it, `window` of them with its own. */
function causalMask(tokens: number, entries: number, window = Number.POSITIVE_INFINITY): Tensor {
  const width = tokens + entries;
  const data = new Float32Array(tokens * width).fill(HIDDEN);
  for (let token = 0; token < tokens; token++) {
    const first = Math.max(0, token + 1 - window);
    data.fill(0, token * width + first, token * width + token + 1);
  }
  return { dims: [1, 1, tokens, width], data };
}

function integers(dims: readonly number[], values: readonly number[]): Tensor<BigInt64Array> {
  return { dims, data: BigInt64Array.from(values, BigInt) };
}

function opinion(logits: Float32Array, id: number): TokenOpinion {
  let best = 0;
  for (let token = 1; token < logits.length; token++)
    if ((logits[token] ?? 0) > (logits[best] ?? 0)) best = token;
  const peak = logits[best] ?? 0;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - peak);
  return { logprob: (logits[id] ?? Number.NaN) - peak - Math.log(sum), best };
}
