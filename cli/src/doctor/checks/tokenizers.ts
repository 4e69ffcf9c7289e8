import { type Check, failure, ok } from '../finding.ts';

export const tokenizers: Check = {
  name: 'tokenizers',
  judge: ({ runtime: { tokenizersFault } }) =>
    tokenizersFault === undefined
      ? ok('the native tokenizers load')
      : failure(tokenizersFault, 'run npm ci --ignore-scripts on this machine, not on another kind'),
};
