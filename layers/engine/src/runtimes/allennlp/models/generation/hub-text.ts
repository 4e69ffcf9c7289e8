/** Text out of the ids that a hub model generates. */
import type { HubTokenizer } from '../../text/text-archive.ts';

/** `clean_up_tokenization` of transformers, which its `decode` does unless it is told not to. */
const JOINED = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"] as const;

/** Puts the text of ids together as `batch_decode` with `skip_special_tokens` does. */
export async function decodeText({ native }: HubTokenizer, ids: readonly number[]): Promise<string> {
  const text = await native.decode([...ids], true);
  return JOINED.reduce((cleaned, spaced) => cleaned.replaceAll(spaced, spaced.trim()), text);
}
