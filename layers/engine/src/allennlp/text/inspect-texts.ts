/** The tokenizers and indexers that a dataset reader names, and which of them cannot be opened here: all of them at once, before anything is. */
import { explainIssue } from '@pilotlight/model-format/errors';
import { indexers } from './indexers/index.ts';
import { namedParams, type Params } from './params.ts';
import type { Registry } from './registry.ts';
import { tokenizers } from './tokenizers/index.ts';

export interface TextPart {
  /** Its place in the configuration: `dataset_reader.token_indexers.tokens`. */
  readonly path: string;
  readonly kind: 'tokenizer' | 'token indexer';
  readonly type: string;
  /** The hub model whose tokenizer it needs. */
  readonly modelName?: string;
  /** Why it is not supported: the name, or its parameters. @default - it is supported */
  readonly unsupported?: string;
}

const TOKENIZERS = ['tokenizer', 'source_tokenizer', 'wordpiece_modeling_tokenizer'];
const INDEXERS = ['token_indexers', 'source_token_indexers'];
/** A reader that names a hub model by itself makes its tokenizer and its indexer of it. */
const HUB_MODELS = ['transformer_model_name', 'bert_model_name', 'model_name'];

/** Lists the parts of a reader that turn text into tensors; those of a `multitask` reader are those of its readers. */
export function inspectTexts(reader: Params, path = 'dataset_reader'): TextPart[] {
  return Object.entries(reader).flatMap(([key, value]): TextPart[] => {
    const place = `${path}.${key}`;
    if (value === null || value === undefined) return [];
    if (key === 'readers') {
      return entriesOf(value).flatMap(([name, inner]) => inspectTexts(objectOf(inner), `${place}.${name}`));
    }
    if (TOKENIZERS.includes(key)) {
      const named =
        key === 'wordpiece_modeling_tokenizer' ? withType(value, 'pretrained_transformer') : value;
      return [inspectPart('tokenizer', tokenizers, named, place)];
    }
    if (INDEXERS.includes(key)) {
      return entriesOf(value).map(([name, inner]) =>
        inspectPart('token indexer', indexers, inner, `${place}.${name}`),
      );
    }
    if (HUB_MODELS.includes(key) && typeof value === 'string') {
      return [{ path: place, kind: 'tokenizer', type: 'pretrained_transformer', modelName: value }];
    }
    return [];
  });
}

function inspectPart(
  kind: TextPart['kind'],
  registry: Registry<unknown>,
  value: unknown,
  path: string,
): TextPart {
  if (typeof value !== 'string' && !isObject(value)) {
    return { path, kind, type: registry.defaultType, unsupported: 'must be a name or an object' };
  }
  const { type, params } = namedParams(value, registry.defaultType, path);
  const { model_name: modelName } = params;
  const part = { path, kind, type, ...(typeof modelName === 'string' && { modelName }) };
  const definition = registry.definitions.find((candidate) => candidate.type === type);
  if (!definition) return { ...part, unsupported: 'is not known' };
  const parsed = definition.schema.safeParse(params);
  if (parsed.success) return part;
  return { ...part, unsupported: parsed.error.issues.map(explainAt).join('; ') };
}

function explainAt(issue: Parameters<typeof explainIssue>[0] & object): string {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${[...issue.path, key].map(String).join('.')} is not known`).join('; ');
  }
  return `${issue.path.map(String).join('.')} ${explainIssue(issue)}`.trim();
}

function withType(value: unknown, type: string): unknown {
  return isObject(value) ? { type, ...value } : value;
}

function entriesOf(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function objectOf(value: unknown): Params {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Params {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
