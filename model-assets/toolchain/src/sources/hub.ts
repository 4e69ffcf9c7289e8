/** Names of models on the Hugging Face Hub, which people give where a folder is wanted. */
import { existsSync } from 'node:fs';
import { guessHubAddress } from './remote/hub/hub-address.ts';

/** Says why there is no folder at `path`, and how to come to one. */
export function explainMissing(path: string): string {
  if (existsSync(path)) return `'${path}' is a file, not a folder.`;
  const address = guessHubAddress(path);
  const none = `There is no folder '${path}'`;
  return address === undefined
    ? `${none}.`
    : `${none}; did you mean ${address}, a model of the Hugging Face Hub?`;
}
