/** Public keys whose signatures are trusted. It knows no schema, so that a start without keys loads next to nothing. */
import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { PilotlightError } from '../../errors.ts';

/** `ecdsa-p256-sha256` is for services that keep keys and have no Ed25519; its signatures are DER, as theirs are. */
export const SIGNATURE_ALGORITHMS = ['ed25519', 'ecdsa-p256-sha256'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export interface TrustedKey {
  /** The sha256 of its SubjectPublicKeyInfo in DER, in lower-case hexadecimal. */
  readonly keyId: string;
  readonly algorithm: SignatureAlgorithm;
  readonly key: KeyObject;
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * Reads the public keys of a text: PEM blocks one after the other, or SubjectPublicKeyInfos in base64 with commas or blanks between.
 *
 * @throws PilotlightError KEY_INVALID, which repeats nothing of the text, because it may be a private key by mistake
 */
export function readPublicKeys(text: string): TrustedKey[] {
  const blocks = text.includes('-----BEGIN') ? readPem(text) : readList(text);
  if (blocks.length === 0) throw invalid('it has no key');
  return blocks.map(readKey);
}

/** Describes a public key. @throws PilotlightError KEY_INVALID where it is of another kind */
export function describeKey(key: KeyObject): TrustedKey {
  const spki = key.export({ type: 'spki', format: 'der' });
  return { keyId: createHash('sha256').update(spki).digest('hex'), algorithm: findAlgorithm(key), key };
}

/** The public key as one line of base64, as settings take it. */
export function publicKeyText({ key }: Pick<TrustedKey, 'key'>): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64');
}

/** Which algorithm a key, public or private, signs by. @throws PilotlightError KEY_INVALID where it is none of ours */
export function findAlgorithm({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SignatureAlgorithm {
  if (asymmetricKeyType === 'ed25519') return 'ed25519';
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1')
    return 'ecdsa-p256-sha256';
  throw invalid(`it is of the kind ${asymmetricKeyType ?? 'secret'}`);
}

function readPem(text: string): { readonly der: Buffer }[] {
  if (/BEGIN [A-Z ]*PRIVATE KEY/.test(text))
    throw invalid('it is a private key. Keep that to yourself, and give its public key');
  if (text.replace(PEM, '').trim() !== '') throw invalid('there is something beside its PEM blocks');
  return [...text.matchAll(PEM)].map(([block]) => ({
    der: Buffer.from(block.replace(/-----[A-Z0-9 ]+-----/g, ''), 'base64'),
  }));
}

function readList(text: string): { readonly der: Buffer }[] {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '');
  if (parts.some((part) => !BASE64.test(part))) throw invalid('it is neither PEM nor base64');
  return parts.map((part) => ({ der: Buffer.from(part, 'base64') }));
}

function readKey({ der }: { readonly der: Buffer }): TrustedKey {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  } catch {
    // The error of OpenSSL says no more than that it was none.
    throw invalid('it is no SubjectPublicKeyInfo');
  }
  return describeKey(key);
}

function invalid(reason: string): PilotlightError {
  return new PilotlightError(
    'KEY_INVALID',
    `A key cannot be read: ${reason}. A public key is wanted, of Ed25519 or of P-256, in PEM or as base64: pilotlight models sign --help`,
  );
}
