/** @pilotlight/model-format/signature: signatures of packages. It is apart, so that whoever trusts every package does not load it. */
export {
  describeKey,
  findAlgorithm,
  publicKeyText,
  readPublicKeys,
  SIGNATURE_ALGORITHMS,
  type SignatureAlgorithm,
  type TrustedKey,
} from './keys.ts';
export {
  digestFor,
  findSignatureFault,
  isGoodSignature,
  MAX_SIGNATURE_BYTES,
  type PackageSignature,
  parseSignatures,
  requireSignature,
  type SignedPackage,
  signatureStatement,
  signaturesText,
} from './signature.ts';
