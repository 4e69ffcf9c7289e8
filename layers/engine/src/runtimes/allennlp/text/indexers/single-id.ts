import { EngineError } from '@pilotlight/model-format/errors';
import * as z from 'zod/mini';
import { define, type Place } from '../registry.ts';
import type { Token } from '../token.ts';
import { idTensor, type TokenIndexer } from './indexer.ts';

const schema = z.strictObject({
  /** Null for a feature that is a number. */
  namespace: z._default(z.nullable(z.string()), 'tokens'),
  lowercase_tokens: z._default(z.boolean(), false),
  start_tokens: z.nullish(z.array(z.string())),
  end_tokens: z.nullish(z.array(z.string())),
  feature_name: z._default(
    z.enum(['text', 'lemma_', 'pos_', 'tag_', 'dep_', 'ent_type_', 'text_id', 'type_id']),
    'text',
  ),
  default_value: z.optional(z.string()),
  token_min_padding_length: z._default(z.int(), 0),
});
type Options = z.infer<typeof schema>;

/** One id for each token, of its text or of another feature. */
export const singleId = define({ type: 'single_id', schema, open: openSingleId });

function openSingleId(options: Options, { archive }: Place): TokenIndexer {
  const { namespace, lowercase_tokens: lowercase, token_min_padding_length: least } = options;
  const start = (options.start_tokens ?? []).map((text) => ({ text }));
  const end = (options.end_tokens ?? []).map((text) => ({ text }));
  function toId(token: Token): number {
    const own = featureOf(token, options.feature_name);
    // The default is for words that have none in AllenNLP either, such as the symbols around a text.
    if (own === undefined && token.lacksTags && options.feature_name.endsWith('_'))
      throw withoutFeature(token, options.feature_name);
    const value = own ?? options.default_value;
    if (typeof value === 'number' && namespace === null) return value;
    if (typeof value !== 'string' || namespace === null) throw withoutFeature(token, options.feature_name);
    return archive.vocabulary.id(lowercase ? value.toLowerCase() : value, namespace);
  }
  return {
    index: async (tokens) => ({
      tokens: idTensor([...start, ...tokens, ...end].map(toId), { least: [least] }),
    }),
  };
}

function featureOf(token: Token, name: Options['feature_name']): string | number | undefined {
  switch (name) {
    case 'text':
      return token.text === '' && token.textId !== undefined ? undefined : token.text;
    case 'lemma_':
      return token.lemma;
    case 'pos_':
      return token.pos;
    case 'tag_':
      return token.tag;
    case 'dep_':
      return token.dep;
    case 'ent_type_':
      return token.entType;
    case 'text_id':
      return token.textId;
    case 'type_id':
      return token.typeId;
  }
}

function withoutFeature({ text }: Token, name: string): EngineError {
  return new EngineError(
    'INVALID_INPUT',
    `The token ${JSON.stringify(text.slice(0, 100))} has no ${name}, which the model needs. Send tokens as objects that have it.`,
    { details: { feature: name } },
  );
}
