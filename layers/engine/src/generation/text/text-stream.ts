/** A text that comes token by token. */

export interface TextPiece {
  /** What the token adds to the text, as far as it is whole characters; of a special token its name. */
  readonly text: string;
  /** What can be shown now: nothing while a character is incomplete, or while it may become a stop string. */
  readonly shown: string;
}

export interface TextStream {
  push(id: number): TextPiece;
  /** Gives what was held back. */
  end(): string;
  /** The stop string that ended the text; it is the end of what was shown. */
  readonly stopped: string | undefined;
}
