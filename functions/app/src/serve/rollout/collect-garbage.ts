/** Has V8 look for what nobody uses any more. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options: object) => unknown) | undefined;

/**
 * A version that was freed leaves objects of some kilobytes, behind which tokenizers and tensors of megabytes are held: V8 would not look
 * for them for an hour. It takes some 10 ms of this thread.
 */
export function collectGarbage(): void {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  collect?.({ type: 'major', execution: 'sync' });
}
