/** Those who sign packages: a private key in a file, or one in AWS KMS. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { open } from 'node:fs/promises';
import { KmsKey } from '@pilotlight/app/internal/aws/kms-key';
import { readRegularFile } from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import { describeKey, digestFor, findAlgorithm, type TrustedKey } from '@pilotlight/model-format/signature';
import { LifecycleError } from '../errors.ts';

export interface PackageSigner {
  /** @throws PilotlightError where the key cannot be reached, or is of another kind */
  publicKey(): Promise<TrustedKey>;
  /** The signature of the bytes: 64 of Ed25519, or DER of ECDSA. @throws PilotlightError */
  sign(statement: Buffer): Promise<Buffer>;
}

/** Keys have some hundred bytes. */
const MAX_KEY_BYTES = 100_000;

/**
 * Signs by the private key of a file, PKCS #8 in PEM.
 *
 * @throws LifecycleError USAGE where it cannot be read; the message repeats nothing of it
 */
export function openFileSigner(file: string): PackageSigner {
  const key = readPrivateKey(file);
  const algorithm = findAlgorithm(key);
  return {
    publicKey: async () => describeKey(createPublicKey(key)),
    sign: async (statement) => sign(digestFor(algorithm), statement, key),
  };
}

/** Signs by a key of KMS: its ARN, the ARN of an alias, `alias/NAME` or its id. */
export function openKmsSigner(keyId: string): PackageSigner {
  const kms = new KmsKey(keyId);
  const publicKey = async (): Promise<TrustedKey> => {
    const { spki } = await kms.publicKey();
    return describeKey(createPublicKey({ key: spki, format: 'der', type: 'spki' }));
  };
  return {
    publicKey,
    sign: async (statement) => {
      const { algorithm } = await publicKey();
      return kms.sign(statement, algorithm === 'ed25519' ? 'ED25519_SHA_512' : 'ECDSA_SHA_256');
    },
  };
}

/**
 * Writes a new Ed25519 key to `file`, which only its owner may read, and gives its public key in PEM.
 *
 * @throws LifecycleError USAGE where something is there already: no key is ever written over
 */
export async function writeNewKey(file: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const reason = hasCode(cause, 'EEXIST')
      ? 'something is there, and no key is written over'
      : String(cause);
    throw new LifecycleError('USAGE', `No key can be written to ${file}: ${reason}.`, { cause });
  }
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

function readPrivateKey(file: string): KeyObject {
  let pem: Buffer;
  try {
    pem = readRegularFile(file, MAX_KEY_BYTES);
  } catch (cause) {
    const reason = PilotlightError.is(cause) ? cause.message : String(cause);
    throw new LifecycleError('USAGE', `The key ${file} cannot be read: ${reason}`, { cause });
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    const encrypted = pem.includes('ENCRYPTED');
    const advice = encrypted
      ? 'It is encrypted: decrypt it first, with openssl pkcs8 -in KEY -out PLAIN'
      : 'A private key of Ed25519 or P-256 is wanted, PKCS #8 in PEM; --new-key makes one';
    throw new LifecycleError('USAGE', `${file} has no private key. ${advice}.`, { cause });
  }
}
