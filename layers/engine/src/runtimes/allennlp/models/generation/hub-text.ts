/** Text out of the ids that a hub model generates. */
import { cleanUp } from '../../../clean-up.ts';
import type { HubTokenizer } from '../../text/text-archive.ts';

/** Puts the text of ids together as `batch_decode` with `skip_special_tokens` does, which cleans up unless it is told not to. */
export async function decodeText({ native }: HubTokenizer, ids: readonly number[]): Promise<string> {
  return cleanUp(await native.decode([...ids], true));
}
