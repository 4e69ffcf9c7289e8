import type { CommandLine, Options } from '../kit/options.ts';
import { COMMON } from './options.ts';

export const OPTIONS = {
  key: {
    type: 'string',
    value: 'FILE',
    help: 'private key that signs: Ed25519 or P-256, PKCS #8 in PEM',
  },
  kms: {
    type: 'string',
    value: 'KEY',
    help: 'key of AWS KMS that signs: its ARN, the ARN of an alias, alias/NAME or its id',
  },
  'new-key': {
    type: 'string',
    value: 'FILE',
    help: 'write a new private key to FILE, which only you may read, and print its public key',
  },
  ...COMMON,
} as const satisfies Options;

export type SignLine = CommandLine<typeof OPTIONS>;
