/** The reader of one task: a sentence to the tensors of one text field. */
import * as z from 'zod/mini';
import type { FieldTensor } from '../../instance.ts';
import { givenText, tokenizeGiven } from '../../text/given-text.ts';
import { openIndexers } from '../../text/indexers/index.ts';
import { type Params, parseParams } from '../../text/params.ts';
import { ignoredReaderParams } from '../../text/reader-params.ts';
import type { Place } from '../../text/registry.ts';
import { textField, under } from '../../text/text-field.ts';
import { openTokenizer } from '../../text/tokenizers/index.ts';

const ignored = z.optional(z.unknown());
const schema = z.strictObject({
  type: z.literal('text_classification_json'),
  tokenizer: ignored,
  token_indexers: ignored,
  max_sequence_length: z.nullish(z.int().check(z.positive())),
  segment_sentences: z._default(z.literal(false), false),
  skip_label_indexing: ignored,
  text_key: ignored,
  label_key: ignored,
  ...ignoredReaderParams,
});

export interface TextReader {
  /** The name of the text field. */
  readonly field: string;
  /** @throws EngineError INVALID_INPUT */
  read(input: unknown, field: string): Promise<Readonly<Record<string, FieldTensor>>>;
}

/** Opens a `text_classification_json` reader. @throws EngineError PACKAGE_INVALID for any other, and what is not supported of it */
export function openTextReader(params: Params, { archive, path }: Place): TextReader {
  const options = parseParams(schema, params, path);
  const tokenizer = openTokenizer(options.tokenizer, { archive, path: `${path}.tokenizer` });
  const indexers = openIndexers(options.token_indexers, { archive, path: `${path}.token_indexers` });
  return {
    field: 'tokens',
    async read(input, field) {
      const tokens = await tokenizeGiven(givenText(input, field, 'sentence', 'tokens'), tokenizer);
      const kept = tokens.slice(0, options.max_sequence_length ?? undefined);
      return under('tokens', await textField(kept, indexers));
    },
  };
}
