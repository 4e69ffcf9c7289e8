/** A conversation as one text, by the template of the model: `apply_chat_template` of transformers 5. */
import { readFile } from 'node:fs/promises';
import { EngineError } from '@pilotlight/model-format/errors';

/** A message as the APIs of chats have it; a template may read any field of it. */
export interface ChatMessage {
  readonly role: string;
  readonly content?: unknown;
  readonly [field: string]: unknown;
}

/** Arguments of `apply_chat_template`. */
export interface ChatOptions {
  readonly tools?: readonly unknown[] | undefined;
  /** Whether the beginning of an answer is put at the end. @default true, unless the final message is continued */
  readonly addGenerationPrompt?: boolean;
  /** Whether the last message is the beginning of the answer. @default false */
  readonly continueFinalMessage?: boolean;
  /** Further values that the template may name. @default - none */
  readonly variables?: Readonly<Record<string, unknown>>;
}

/** Names under which APIs hand over what a model thought; a template reads the first, or the second. */
const REASONING = ['reasoning_content', 'thinking', 'reasoning'] as const;

/** Marks the end of the last message, where the text is cut off; its space shows whether the template trims messages. */
const TAG = 'CONTINUE_FINAL_MESSAGE_TAG ';

/** Characters of a template: those of models have at most 30,000. */
const LONGEST_TEMPLATE = 200_000;

export class ChatTemplate {
  readonly #path: string;
  readonly #tokens: Readonly<Record<string, string>>;
  #renders: Promise<(variables: Readonly<Record<string, unknown>>) => string> | undefined;

  /** `tokens` are the special tokens by the names that templates give them: `bos_token`. */
  constructor(path: string, tokens: Readonly<Record<string, string>>) {
    this.#path = path;
    this.#tokens = tokens;
  }

  /** @throws EngineError INVALID_INPUT for a conversation that the template refuses, PACKAGE_INVALID for a template that does not parse */
  async render(messages: readonly ChatMessage[], options: ChatOptions = {}): Promise<string> {
    const { tools = null, continueFinalMessage = false, variables = {} } = options;
    const { addGenerationPrompt = !continueFinalMessage } = options;
    this.#renders ??= this.#open();
    const renders = await this.#renders;
    if (messages.length === 0) throw refusal('it has no message', 'Send at least one.');
    if (continueFinalMessage && addGenerationPrompt)
      throw refusal('its last message cannot be continued and answered at once', 'Ask for one of them.');
    const chat = messages.map(withoutNulls);
    const last = chat.at(-1);
    const final = continueFinalMessage && last ? tagEnd(last) : undefined;
    let rendered: string;
    try {
      rendered = renders({
        ...this.#tokens,
        tools,
        documents: null,
        add_generation_prompt: addGenerationPrompt,
        ...variables,
        messages: chat,
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw refusal(`the template of the model says: ${reason}`, 'Change its messages.', cause);
    }
    return final === undefined ? rendered : cutAtTag(rendered, final);
  }

  async #open(): Promise<(variables: Readonly<Record<string, unknown>>) => string> {
    const [template, { parsePython, render }] = await Promise.all([
      readFile(this.#path, 'utf8'),
      import('./render.ts'),
    ]);
    try {
      if (template.length > LONGEST_TEMPLATE)
        throw new RangeError(`${template.length} characters are too many`);
      const parsed = parsePython(template);
      return (variables) => render(parsed, variables);
    } catch (cause) {
      throw new EngineError(
        'PACKAGE_INVALID',
        'Its chat template does not parse. Repair it, and package the model again.',
        { cause },
      );
    }
  }
}

function refusal(reason: string, advice: string, cause?: unknown): EngineError {
  return new EngineError('INVALID_INPUT', `The conversation is refused: ${reason}. ${advice}`, {
    details: { field: 'messages' },
    cause,
  });
}

/** A message of its own, without the fields that are null, which many templates would print. */
function withoutNulls(message: ChatMessage): Record<string, unknown> {
  const fields = Object.fromEntries(Object.entries(message).filter(([, value]) => value != null));
  const reasoning = REASONING.map((name) => fields[name]).find((value) => value !== undefined);
  return reasoning === undefined ? fields : { thinking: reasoning, ...fields, reasoning_content: reasoning };
}

/** Puts the tag behind the text of a message, and gives the text. */
function tagEnd(message: Record<string, unknown>): string {
  const { content } = message;
  if (typeof content === 'string') {
    message.content = content + TAG;
    return content;
  }
  const parts: readonly unknown[] = Array.isArray(content) ? content : [];
  const index = parts.findLastIndex((part) => typeof part === 'object' && part !== null && 'text' in part);
  const part = parts[index];
  if (typeof part !== 'object' || part === null || !('text' in part) || typeof part.text !== 'string')
    throw refusal('its last message has no text to continue', 'Send one with content.');
  message.content = parts.with(index, { ...part, text: part.text + TAG });
  return part.text;
}

function cutAtTag(rendered: string, final: string): string {
  const at = rendered.lastIndexOf(TAG.trimEnd());
  if (at < 0 || !rendered.includes(final.trim()))
    throw refusal('the template of the model leaves its last message out', 'It cannot be continued.');
  const keepsSpace = rendered.startsWith(TAG, at);
  return keepsSpace ? rendered.slice(0, at) : rendered.slice(0, at).trimEnd();
}
