/** Encoders with `stateful`, which in AllenNLP begin where the batch before ended. */
import { ToolchainError } from '../../../errors.ts';
import type { Scope, Seq2SeqEncoder } from '../module.ts';

/**
 * Every instance begins anew, as the first one does in AllenNLP: what came before it makes no difference to its answer. An encoder that
 * reads several texts of an instance would have to keep its state from one to the next.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED where a stateful encoder is used for a second text
 */
export function fromTheStart(
  { path }: Scope,
  isStateful: boolean,
  encode: Seq2SeqEncoder['encode'],
): Seq2SeqEncoder['encode'] {
  let texts = 0;
  return (x, mask) => {
    texts += 1;
    if (isStateful && texts > 1) {
      throw new ToolchainError(
        'SOURCE_UNSUPPORTED',
        `${path}: stateful must be false where the encoder reads several texts of an instance.`,
      );
    }
    return encode(x, mask);
  };
}
