/**
 * The text of a model that generates: prompts become ids, and ids text. It is on the caller's side of the loop. Nothing of it is closed: the
 * native tokenizer is freed with the last reference to it.
 */
import { readFile } from 'node:fs/promises';
import { type GenerationManifest, type GenerationText, ownValue } from '@pilotlight/model-format';
import { didYouMean, EngineError } from '@pilotlight/model-format/errors';
import { Tokenizer as NativeTokenizer } from 'tokenizers';
import type { ModelPackage } from '../../../ports.ts';
import { refuseGrowth } from '../../../tokenizer/refuse-growth.ts';
import { type ChatMessage, type ChatOptions, ChatTemplate } from './chat/chat-template.ts';
import { type StreamOptions, TextStream } from './text-stream.ts';
import type { TokenTable } from './token-table.ts';
import { TokenVocabulary } from './token-vocabulary.ts';

export interface EncodeText {
  /** Whether the special tokens of a prompt or source stand around it. @default true */
  readonly specialTokens?: boolean;
  /** Code of the language that the text is in, which stands beside it: `de_DE`. @default - what tokenizer.json says */
  readonly sourceLanguage?: string;
}

export interface GenerationTokenizer {
  /**
   * Gives the ids of a prompt or source, `[tokens]`; before one that has its special tokens stands the prefix of the model.
   *
   * @throws EngineError INVALID_PARAMETER for a language that the model does not have
   */
  encode(text: string, options?: EncodeText): Promise<readonly number[]>;
  /** Gives the text of ids, as `decode` of transformers does. */
  decode(ids: readonly number[], options?: Pick<StreamOptions, 'skipSpecialTokens'>): string;
  /**
   * Writes a conversation as the one text that the model reads; it has its special tokens already.
   *
   * @throws EngineError INVALID_INPUT for a conversation that the template refuses, TASK_UNSUPPORTED where the model has no template
   */
  renderChat(messages: readonly ChatMessage[], options?: ChatOptions): Promise<string>;
  /** Begins a text that comes token by token. Its pieces joined are what `decode` gives of all tokens. */
  stream(options?: StreamOptions): TextStream;
  table(): TokenTable;
}

type Manifest = Pick<GenerationManifest, 'text' | 'chat'>;

/**
 * Opens the tokenizer of a package that generates.
 *
 * @throws EngineError PACKAGE_CORRUPT where a file does not parse, PACKAGE_INVALID where a tokenizer has settings that are not supported
 */
export async function openGenerationText(
  opened: Pick<ModelPackage, 'path'>,
  { text, chat }: Manifest,
): Promise<GenerationTokenizer> {
  const source = await openTokenizer(opened, text.tokenizer.path);
  const target = text.target ? await openTokenizer(opened, text.target.path) : source;
  const template = chat && new ChatTemplate(opened.path(chat.template.path), chat.tokens);
  return new PackagedText(source.native, new TokenVocabulary(target.json), text, template);
}

interface OpenedTokenizer {
  readonly native: NativeTokenizer;
  readonly json: unknown;
}

async function openTokenizer(opened: Pick<ModelPackage, 'path'>, path: string): Promise<OpenedTokenizer> {
  const file = await readFile(opened.path(path), 'utf8');
  try {
    const json: unknown = JSON.parse(file);
    refuseGrowth(json);
    const native = NativeTokenizer.fromString(file);
    native.disableTruncation();
    native.disablePadding();
    return { native, json };
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('PACKAGE_CORRUPT', 'The tokenizer does not parse. Package the model again.', {
      cause,
    });
  }
}

class PackagedText implements GenerationTokenizer {
  readonly #native: NativeTokenizer;
  readonly #vocabulary: TokenVocabulary;
  readonly #text: GenerationText;
  readonly #chat: ChatTemplate | undefined;
  #languageIsFirst: Promise<boolean> | undefined;

  constructor(
    native: NativeTokenizer,
    vocabulary: TokenVocabulary,
    text: GenerationText,
    chat: ChatTemplate | undefined,
  ) {
    this.#native = native;
    this.#vocabulary = vocabulary;
    this.#text = text;
    this.#chat = chat;
  }

  async encode(
    text: string,
    { specialTokens = true, sourceLanguage }: EncodeText = {},
  ): Promise<readonly number[]> {
    const { prefix = '', unknown } = this.#text;
    const language = sourceLanguage === undefined ? undefined : this.#languageId(sourceLanguage);
    const written = specialTokens ? prefix + text : text;
    const encoding = await this.#native.encode(written, null, { addSpecialTokens: specialTokens });
    const ids = encoding.getIds().map((id) => (unknown && id >= unknown.from ? unknown.id : id));
    if (language === undefined || !specialTokens) return ids;
    this.#languageIsFirst ??= this.#findLanguage();
    return (await this.#languageIsFirst) ? [language, ...ids.slice(1)] : [...ids.slice(0, -1), language];
  }

  decode(
    ids: readonly number[],
    { skipSpecialTokens = true }: Pick<StreamOptions, 'skipSpecialTokens'> = {},
  ): string {
    const stream = this.stream({ skipSpecialTokens });
    return ids.map((id) => stream.push(id).shown).join('') + stream.end();
  }

  async renderChat(messages: readonly ChatMessage[], options?: ChatOptions): Promise<string> {
    if (this.#chat) return this.#chat.render(messages, options);
    throw new EngineError(
      'TASK_UNSUPPORTED',
      'The model has no chat template, and holds no conversations. Send it a text.',
    );
  }

  stream(options?: StreamOptions): TextStream {
    return new TextStream(this.#vocabulary, this.#text, options);
  }

  table(): TokenTable {
    return this.#vocabulary.table;
  }

  #languageId(code: string): number {
    const { languages = {} } = this.#text;
    const id = ownValue(languages, code);
    if (id !== undefined) return id;
    const codes = Object.keys(languages);
    throw new EngineError(
      'INVALID_PARAMETER',
      codes.length === 0
        ? 'The model has no languages to choose from: leave src_lang out.'
        : `The model has no language '${code}'${didYouMean(code, codes)}.`,
      { details: { field: 'src_lang' } },
    );
  }

  /** Whether the language stands before the text; else it stands at the end. */
  async #findLanguage(): Promise<boolean> {
    const [first] = (await this.#native.encode('')).getIds();
    return Object.values(this.#text.languages ?? {}).some((id) => id === first);
  }
}
