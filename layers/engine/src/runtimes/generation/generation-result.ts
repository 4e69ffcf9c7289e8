/** Makes texts of the tokens of one input: as they come, and as its result. */
import type {
  FinishReason,
  GeneratedSequence,
  GeneratedToken,
  Generation,
  GenerationEvent,
} from '../../predict/generation.ts';
import type { FoundSequence, ToldToken } from './search/search.ts';
import type { SearchOptions } from './search/search-options.ts';
import type { GenerationTokenizer } from './text/generation-tokenizer.ts';
import { bytesOf } from './text/token-table.ts';

type TokenOfStream = Extract<GenerationEvent, { kind: 'token' }>;

interface Sequence {
  readonly stream: ReturnType<GenerationTokenizer['stream']>;
  readonly tokens: GeneratedToken[];
  text: string;
  hasEnded: boolean;
}

export class GenerationResult {
  readonly #text: GenerationTokenizer;
  readonly #options: SearchOptions;
  readonly #sequences: Sequence[] = [];

  constructor(text: GenerationTokenizer, options: SearchOptions) {
    this.#text = text;
    this.#options = options;
  }

  /** Takes tokens that are settled. */
  take(told: readonly ToldToken[]): readonly TokenOfStream[] {
    return told.map(({ sequence: number, id, logprob, top }) => {
      const sequence = this.#sequence(number);
      const best = top?.map(([other, score]) => this.describe(other, score));
      const { token, shown } = this.#push(sequence, { id, logprob, ...(best && { top: best }) });
      const finish = this.#finishOf(sequence, id);
      const text = finish ? shown + this.#end(sequence) : shown;
      return {
        kind: 'token',
        sequence: number,
        token,
        text,
        ...(finish && { finish }),
      };
    });
  }

  /** Makes the result of what was found, with the tokens of it that nobody was told of. */
  finish(found: readonly FoundSequence[]): Generation['sequences'] {
    const [first, ...others] = found.map((sequence, number) => this.#finish(sequence, number));
    return [first ?? NOTHING, ...others];
  }

  /** The tokens of the prompt; nothing says how probable the first one is. `logprobs` are those from the second. */
  describePrompt(ids: readonly number[], logprobs: readonly number[]): readonly GeneratedToken[] {
    const stream = this.#text.stream();
    return ids.map((id, place) => {
      const logprob = place === 0 ? Number.NaN : (logprobs[place - 1] ?? Number.NaN);
      return { id, text: stream.push(id).text, logprob, special: this.#isSpecial(id) };
    });
  }

  #finish({ ids, logprobs, score, finish }: FoundSequence, number: number): GeneratedSequence {
    const sequence = this.#sequence(number);
    for (let place = sequence.tokens.length; place < ids.length; place++) {
      this.#push(sequence, { id: ids[place] ?? 0, logprob: logprobs[place] ?? Number.NaN });
    }
    this.#end(sequence);
    return { text: sequence.text, finishReason: finish, score, tokens: sequence.tokens };
  }

  #push(
    sequence: Sequence,
    { id, logprob, ...top }: Pick<GeneratedToken, 'id' | 'logprob' | 'top'>,
  ): { readonly token: GeneratedToken; readonly shown: string } {
    const { text, shown } = sequence.stream.push(id);
    const token = { id, text, logprob, special: this.#isSpecial(id), ...top };
    sequence.tokens.push(token);
    sequence.text += shown;
    return { token, shown };
  }

  /** A token by itself, as it stands inside a text. */
  describe(id: number, logprob: number): GeneratedToken {
    const text = new TextDecoder().decode(bytesOf(this.#text.table(), id).slice());
    return { id, text, logprob, special: this.#isSpecial(id) };
  }

  /** Gives the text that was held back. */
  #end(sequence: Sequence): string {
    if (sequence.hasEnded) return '';
    sequence.hasEnded = true;
    const text = sequence.stream.end();
    sequence.text += text;
    return text;
  }

  #finishOf({ stream, tokens }: Sequence, id: number): FinishReason | undefined {
    if (this.#options.eos.includes(id)) return 'eos_token';
    if (stream.stopped !== undefined) return 'stop_sequence';
    return tokens.length >= this.#options.maxNewTokens ? 'length' : undefined;
  }

  #isSpecial(id: number): boolean {
    return this.#text.table().special[id] === 1;
  }

  #sequence(number: number): Sequence {
    const stopStrings = this.#options.stopStrings;
    for (let next = this.#sequences.length; next <= number; next++) {
      const stream = this.#text.stream({ stopStrings });
      this.#sequences.push({ stream, tokens: [], text: '', hasEnded: false });
    }
    return this.#sequences[number] as Sequence;
  }
}

const NOTHING: GeneratedSequence = { text: '', finishReason: 'cancelled', score: 0, tokens: [] };
