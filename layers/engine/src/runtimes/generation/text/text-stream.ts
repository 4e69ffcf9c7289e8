/** A text that comes token by token. */
import { CleanUp, StripEnds, type TextStep, TokenJoiner } from './join-tokens.ts';
import { StopStrings } from './stop-strings.ts';
import type { TokenVocabulary } from './token-vocabulary.ts';

export interface TextPiece {
  /** What the token adds to the text, as far as it is whole characters; of a special token its name. */
  readonly text: string;
  /** What can be shown now: nothing while a character is incomplete, or while it may become a stop string. */
  readonly shown: string;
}

export interface StreamOptions {
  /** @default true */
  readonly skipSpecialTokens?: boolean;
  /** Texts that end the text. @default - none */
  readonly stopStrings?: readonly string[];
}

/** What a model says of its texts. */
export interface TextHabits {
  /** Whether spaces before punctuation are taken away. @default false */
  readonly cleansUp?: boolean | undefined;
  /** Whether special tokens divide a text into parts, as MarianTokenizer has it: a space follows each, and the ends of the text lose theirs. @default false */
  readonly dividesParts?: boolean | undefined;
}

export class TextStream {
  readonly #vocabulary: TokenVocabulary;
  readonly #skipsSpecial: boolean;
  readonly #dividesParts: boolean;
  readonly #joiner = new TokenJoiner();
  readonly #steps: readonly TextStep[];
  readonly #stops: StopStrings;
  #isFirst = true;

  constructor(
    vocabulary: TokenVocabulary,
    { cleansUp = false, dividesParts = false }: TextHabits,
    { skipSpecialTokens = true, stopStrings = [] }: StreamOptions = {},
  ) {
    this.#vocabulary = vocabulary;
    this.#skipsSpecial = skipSpecialTokens;
    this.#dividesParts = dividesParts;
    const { strip } = vocabulary.rules;
    const everySpace = { start: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
    this.#steps = [
      ...(strip.start + strip.end > 0 ? [new StripEnds(strip)] : []),
      ...(dividesParts ? [new StripEnds(everySpace, /\s/)] : []),
      ...(cleansUp ? [new CleanUp()] : []),
    ];
    this.#stops = new StopStrings(stopStrings);
  }

  /** Takes the next token. An id that is no token adds nothing. */
  push(id: number): TextPiece {
    const name = this.#vocabulary.name(id);
    const isSpecial = this.#vocabulary.isSpecial(id);
    if (name === undefined || (isSpecial && this.#skipsSpecial)) return { text: name ?? '', shown: '' };
    const joined = this.#joiner.push(
      this.#isFirst ? this.#vocabulary.first(id) : this.#vocabulary.inside(id),
    );
    this.#isFirst = isSpecial && this.#dividesParts;
    const text = this.#through(this.#isFirst ? `${joined} ` : joined);
    return { text, shown: this.#stops.push(text) };
  }

  /** Gives what was held back. */
  end(): string {
    let text = this.#joiner.end();
    for (const step of this.#steps) text = step.push(text) + step.end();
    return this.#stops.push(text) + this.#stops.end();
  }

  /** The stop string that ended the text; it is the end of what was shown. */
  get stopped(): string | undefined {
    return this.#stops.found;
  }

  #through(text: string): string {
    return this.#steps.reduce((current, step) => step.push(current), text);
  }
}
