/** The text of a model that generates: prompts become ids, and ids text. It is on the caller's side of the loop. */

import type { ChatMessage, ChatOptions } from './chat-template.ts';
import type { TextStream } from './text-stream.ts';
import type { TokenTable } from './token-table.ts';

export interface EncodeText {
  /** Whether the special tokens of a prompt or source stand around it. @default true */
  readonly specialTokens?: boolean;
  /** Code of the language that the text is in, which stands beside it: `de_DE`. @default - what tokenizer.json says */
  readonly sourceLanguage?: string;
}

export interface StreamOptions {
  /** @default true */
  readonly skipSpecialTokens?: boolean;
  /** Texts that end the text. @default - none */
  readonly stopStrings?: readonly string[];
}

export interface GenerationTokenizer {
  /**
   * Gives the ids of a prompt or source, `[tokens]`.
   *
   * @throws EngineError INVALID_PARAMETER for a language that the model does not have
   */
  encode(text: string, options?: EncodeText): Promise<readonly number[]>;
  /** Gives the text of ids, as `decode` of transformers does. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /**
   * Writes a conversation as the one text that the model reads; it has its special tokens already.
   *
   * @throws EngineError INVALID_INPUT for a conversation that the template refuses, TASK_UNSUPPORTED where the model has no template
   */
  renderChat(messages: readonly ChatMessage[], options?: ChatOptions): Promise<string>;
  /** Begins a text that comes token by token. Its pieces joined are what `decode` gives of all tokens. */
  stream(options?: StreamOptions): TextStream;
  table(): TokenTable;
  dispose(): void;
}
