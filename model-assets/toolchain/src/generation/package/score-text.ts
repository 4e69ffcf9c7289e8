/**
 * Follows a given text with the graphs of a variant, all of its tokens in one run: what the model thinks of each, and which it would have
 * taken. Sessions are opened as they are served.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Feeds, Session } from '@pilotlight/engine/internal/ports';
import { UNUSED_ENTRIES } from '@pilotlight/engine/internal/runtimes/generation/graphs';
import { Ancestry } from '@pilotlight/engine/internal/runtimes/generation/loop/ancestry';
import { emptyPast, encoderFeeds } from '@pilotlight/engine/internal/runtimes/generation/loop/first-feeds';
import { padLength } from '@pilotlight/engine/internal/runtimes/generation/loop/plan-chunks';
import { type RunRow, stepFeeds } from '@pilotlight/engine/internal/runtimes/generation/loop/step-feeds';
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

  /** What each graph reads of a text: the prompt and all but the last of the generated tokens, over an empty cache. */
  async feeds({
    source = [],
    prompt,
    ids,
  }: FollowedText): Promise<{ readonly encoder?: Feeds; readonly step: Feeds }> {
    const length = padLength(source.length);
    const encoder = this.#encoder && encoderFeeds([source], length);
    const crossed = encoder && (await this.#encoder?.run(encoder));
    const tokens = [...prompt, ...ids.slice(0, -1)];
    const row: RunRow = {
      ids: tokens,
      isPrompt: true,
      ancestry: new Ancestry(),
      sourceTokens: source.length,
      scored: ids.map((_, place) => prompt.length - 1 + place),
    };
    const shape = {
      perRow: tokens.length,
      room: UNUSED_ENTRIES,
      crossRoom: length,
      window: this.#decoder.window,
    };
    const step = {
      ...stepFeeds([row], shape, { top: 1 }, this.#inputs),
      ...emptyPast(this.#decoder, 1),
      ...crossed,
    };
    return { step, ...(encoder && { encoder }) };
  }
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
