/** The text of a checkpoint that generates: its tokenizers, its languages, its chat template. */
import { parsePython } from '@pilotlight/engine/internal/runtimes/generation/text/chat/render';
import { TokenVocabulary } from '@pilotlight/engine/internal/runtimes/generation/text/token-vocabulary';
import { EngineError } from '@pilotlight/model-format/errors';
import { z } from 'zod';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';
import type { HuggingFaceConfig } from './hugging-face.ts';
import { listOf, recordOf } from './json.ts';
import { composeTokenizer } from './tokenizer/compose.ts';
import { assembleTokenizer } from './tokenizer/draft.ts';
import { findClass } from './tokenizer/find-class.ts';
import { draftMarian } from './tokenizer/marian.ts';
import { contentOf, readSettings, type TokenizerFiles } from './tokenizer/settings.ts';
import { addSpecialTokens, type SpecialTokens } from './tokenizer/special-tokens.ts';
import { countTokens, listTokenIds, type TokenizerJson } from './tokenizer/tokenizer-json.ts';

export interface GenerationTokenizerSource {
  /** tokenizer.json. */
  readonly json: string;
  /** tokenizer.json of the texts that are generated. @default - the same */
  readonly target?: string;
  readonly vocabSize: number;
  readonly cleansUp?: true;
  readonly dividesParts?: true;
  readonly unknown?: { readonly from: number; readonly id: number };
  readonly languages?: Readonly<Record<string, number>>;
  /** Text before every source. */
  readonly prefix?: string;
  readonly chat?: { readonly template: string; readonly tokens: Readonly<Record<string, string>> };
  /** Facts that the person who packages the model should know. */
  readonly notes: readonly string[];
}

/**
 * Reads how the text of a checkpoint becomes ids, and ids text. `task` chooses among the prefixes of `task_specific_params`.
 *
 * @throws ToolchainError SOURCE_INVALID where files are missing or contradict each other, SOURCE_UNSUPPORTED for a setting or a class
 * that no equal tokenizer can be made for
 */
export function readGenerationTokenizer(
  folder: SourceFolder,
  config: HuggingFaceConfig,
  task?: string,
): GenerationTokenizerSource {
  const files = readSettings(folder, config);
  const { tokenizer, json, named, notes } = composeTokenizer(folder, files, undefined);
  refuseDecoder(json);
  const className = findClass(files).name;
  const languages = listLanguages(tokenizer, className);
  const written = readChat(folder, named);
  const fault = written && findFault(written.template);
  const chat = fault === undefined ? written : undefined;
  const prefix = readPrefix(config, task);
  return {
    json,
    vocabSize: countTokens(tokenizer),
    ...(className === 'MarianTokenizer' && readMarianTarget(folder, files, named)),
    ...(cleansUp(files, tokenizer) && { cleansUp: true }),
    ...(languages && { languages }),
    ...(prefix && { prefix }),
    ...(chat && { chat }),
    notes: [
      ...notes,
      ...(fault === undefined ? [] : [`the chat template is left out, and with it conversations: ${fault}`]),
    ],
  };
}

/** The engine streams texts by the decoder of a tokenizer, and does not know every one. */
function refuseDecoder(json: string): void {
  try {
    new TokenVocabulary(JSON.parse(json));
  } catch (cause) {
    if (!EngineError.is(cause)) throw cause;
    throw new ToolchainError('SOURCE_UNSUPPORTED', cause.message, { cause });
  }
}

/** Says why a chat template cannot be run; nothing where it parses. */
function findFault(template: string): string | undefined {
  try {
    parsePython(template);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Release 5 leaves texts of BPE alone, whose spaces before punctuation are of the text. */
const cleansUp = ({ settings }: TokenizerFiles, { model }: TokenizerJson): boolean =>
  settings.clean_up_tokenization_spaces === true && model.type !== 'BPE';

function readMarianTarget(
  folder: SourceFolder,
  files: TokenizerFiles,
  named: SpecialTokens,
): Pick<GenerationTokenizerSource, 'target' | 'dividesParts' | 'unknown'> {
  const { draft, unknown } = draftMarian(folder, 'target', files.settings);
  const target = addSpecialTokens(assembleTokenizer(draft), files, { named, rows: undefined });
  return { target: JSON.stringify(target), dividesParts: true, unknown };
}

/** A token that names a language, as mBART and its like spell it. */
const LANGUAGE = /^[a-z]{2,3}_[A-Z][A-Za-z]{1,3}$/;

function listLanguages(
  tokenizer: TokenizerJson,
  className: string | undefined,
): Readonly<Record<string, number>> | undefined {
  if (!className?.startsWith('MBart')) return undefined;
  const special = new Set(
    tokenizer.added_tokens.flatMap(({ content, special }) => (special ? [content] : [])),
  );
  const named = [...listTokenIds(tokenizer)].filter(([token]) => special.has(token) && LANGUAGE.test(token));
  return named.length === 0 ? undefined : Object.fromEntries(named);
}

const taskParameters = recordOf(z.looseObject({ prefix: z.string().nullish() }));

function readPrefix(
  { task_specific_params, is_encoder_decoder, prefix }: HuggingFaceConfig,
  task: string | undefined,
): string | undefined {
  const tasks = taskParameters.safeParse(task_specific_params).data ?? {};
  const own = task !== undefined && Object.hasOwn(tasks, task) ? tasks[task]?.prefix : undefined;
  // OPT has its first special token there, which its tokenizer adds.
  return own ?? (is_encoder_decoder === true ? z.string().safeParse(prefix).data : undefined);
}

const chatSchema = z.looseObject({
  chat_template: z
    .union([z.string(), listOf(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

/** Reads the chat template, wherever a release of transformers put it; the last place wins, as there. */
function readChat(folder: SourceFolder, named: SpecialTokens): GenerationTokenizerSource['chat'] {
  const inSettings = folder.json('tokenizer_config.json', chatSchema)?.chat_template;
  const inFile = folder.json('chat_template.json', chatSchema)?.chat_template;
  const given = folder.text('chat_template.jinja') ?? inFile ?? inSettings;
  if (given == null) return undefined;
  const tokens = Object.entries(named).flatMap(([name, token]) => {
    const content = contentOf(token);
    return content === undefined ? [] : [[name, content] as const];
  });
  return {
    template: typeof given === 'string' ? given : chooseTemplate(given),
    tokens: Object.fromEntries(tokens),
  };
}

/** Several templates become one: that of tools, where tools are given, and otherwise the default. */
function chooseTemplate(templates: readonly { readonly name: string; readonly template: string }[]): string {
  const find = (wanted: string) => templates.find(({ name }) => name === wanted)?.template;
  const [usual, withTools] = [find('default'), find('tool_use')];
  if (usual === undefined)
    throw new ToolchainError(
      'SOURCE_INVALID',
      "None of the chat templates of the folder is called 'default'.",
    );
  return withTools === undefined
    ? usual
    : `{% if tools is defined and tools is not none %}${withTools}{% else %}${usual}{% endif %}`;
}
