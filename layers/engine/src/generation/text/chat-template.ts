/** A conversation as one text, by the template of the model. */

/** A message as the APIs of chats have it; a template may read any field of it. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [field: string]: unknown;
}

/** Arguments of `apply_chat_template`. */
export interface ChatOptions {
  readonly tools?: readonly unknown[] | undefined;
  /** Whether the answer's beginning is put at the end. @default true */
  readonly addGenerationPrompt?: boolean;
  /** Whether the last message is the beginning of the answer. @default false */
  readonly continueFinalMessage?: boolean;
  /** Further values that the template may name. @default - none */
  readonly variables?: Readonly<Record<string, unknown>>;
}
