/** `signature.json`: who vouches for a package. Its signatures are of the sha256 of model.json, which has those of all other files. */
import { verify } from 'node:crypto';
import * as z from 'zod/mini';
import { sha256Schema } from '../../manifest/common.ts';
import { refused } from '../../manifest/package-manifest.ts';
import { formatModelRef, type ResolvedRef } from '../../ref/model-ref.ts';
import { listOf, parseJsonBy } from '../../untrusted.ts';
import { corrupt } from '../integrity.ts';
import { SIDECAR_FILES } from '../sidecars.ts';
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm, type TrustedKey } from './keys.ts';

const FORMAT_VERSION = 1;
/** Those of 32 keys have 14 kB. */
export const MAX_SIGNATURE_BYTES = 64_000;

/** Only one text stands for some bytes, so that no character of it can be another. */
const base64 = z.string().check(
  z.maxLength(1_000),
  z.refine(
    (value) => value !== '' && Buffer.from(value, 'base64').toString('base64') === value,
    'must be base64',
  ),
);

const signatureSchema = z.strictObject({
  algorithm: z.enum(SIGNATURE_ALGORITHMS),
  /** The sha256 of the SubjectPublicKeyInfo of the key, in DER. */
  keyId: sha256Schema,
  /** The sha256 of the model.json that is vouched for. */
  manifestSha256: sha256Schema,
  /** ISO 8601, UTC, by the clock of who signed. It is part of what is signed. */
  signedAt: z.iso.datetime(),
  /** Of the statement below: 64 bytes of Ed25519, or DER of ECDSA. */
  signature: base64,
});
export type PackageSignature = z.infer<typeof signatureSchema>;

const signaturesSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  signatures: listOf(signatureSchema).check(
    z.minLength(1),
    z.maxLength(32),
    z.refine(
      (signatures) => new Set(signatures.map(({ keyId }) => keyId)).size === signatures.length,
      'must have one signature of a key',
    ),
  ),
});

/** A package as its signatures know it. */
export interface SignedPackage extends ResolvedRef {
  readonly manifestSha256: string;
}

/**
 * The bytes that are signed. The first line is of this purpose alone, so that nothing else that a key signs is taken for it; name and
 * version are in it, so that a signature counts for no other package.
 */
export function signatureStatement(
  { name, version, manifestSha256 }: SignedPackage,
  signedAt: string,
): Buffer {
  const lines = [
    'pilotlight package signature v1',
    formatModelRef({ name, version }),
    manifestSha256,
    signedAt,
  ];
  return Buffer.from(`${lines.join('\n')}\n`);
}

/** Whether `signature` is that of the statement, by `key`. */
export function isGoodSignature(
  signed: SignedPackage,
  { signedAt, signature }: Pick<PackageSignature, 'signedAt' | 'signature'>,
  { key, algorithm }: Pick<TrustedKey, 'key' | 'algorithm'>,
): boolean {
  return verify(
    digestFor(algorithm),
    signatureStatement(signed, signedAt),
    key,
    Buffer.from(signature, 'base64'),
  );
}

/** The digest that Node's `sign` and `verify` take with a key; Ed25519 brings its own. */
export function digestFor(algorithm: SignatureAlgorithm): 'sha256' | null {
  return algorithm === 'ed25519' ? null : 'sha256';
}

/** @throws EngineError PACKAGE_CORRUPT that names the file and what is wrong in it */
export function parseSignatures(text: string, ref: ResolvedRef): readonly PackageSignature[] {
  const fault = (reason: string, cause?: unknown) =>
    corrupt(ref, `its ${SIDECAR_FILES.signature} is not valid: ${reason}`, { remedy: REMEDY, cause });
  return parseJsonBy(signaturesSchema, text, fault).signatures;
}

export function signaturesText(signatures: readonly PackageSignature[]): string {
  const valid = signaturesSchema.parse({ formatVersion: FORMAT_VERSION, signatures });
  return `${JSON.stringify(valid, null, 2)}\n`;
}

/**
 * Gives the signatures of trusted keys. `text` is that of signature.json. Signatures of other keys count for nothing; one of a trusted
 * key that is not good is never passed over for another that is.
 *
 * @throws EngineError PACKAGE_INVALID where no trusted key vouches for the package, PACKAGE_CORRUPT where its file or a signature is not
 *   what it was
 */
export function requireSignature(
  text: string | undefined,
  signed: SignedPackage,
  trusted: readonly TrustedKey[],
): readonly PackageSignature[] {
  const { signature: file } = SIDECAR_FILES;
  if (text === undefined) throw refused(signed, `it has no ${file}, and only signed packages are taken here`);
  const keys = new Map(trusted.map((key) => [key.keyId, key]));
  const good = parseSignatures(text, signed).filter((signature) => {
    const key = keys.get(signature.keyId);
    if (key === undefined) return false;
    const fault = findSignatureFault(signed, signature, key);
    if (fault !== undefined)
      throw corrupt(signed, `${file} is not of this package: ${fault}`, { remedy: REMEDY });
    return true;
  });
  if (good.length > 0) return good;
  throw refused(signed, `its ${file} has no signature of a key that is trusted here`);
}

const REMEDY = 'Restore the package, or sign it again: pilotlight models sign --help';

/** Why a signature does not vouch for the package; undefined where it does. */
export function findSignatureFault(
  signed: SignedPackage,
  signature: PackageSignature,
  key: TrustedKey,
): string | undefined {
  const id = signature.keyId.slice(0, 16);
  if (signature.manifestSha256 !== signed.manifestSha256)
    return `key ${id} signed a model.json with another sha256`;
  if (signature.algorithm !== key.algorithm) return `key ${id} does not sign by ${signature.algorithm}`;
  return isGoodSignature(signed, signature, key) ? undefined : `the signature by key ${id} is not good`;
}
