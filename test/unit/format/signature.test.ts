import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import {
  describeKey,
  digestFor,
  type PackageSignature,
  parseSignatures,
  publicKeyText,
  readPublicKeys,
  requireSignature,
  type SignedPackage,
  signaturesText,
} from '@pilotlight/model-format/signature';
import { describe, expect, it } from 'vitest';

const SIGNED: SignedPackage = { name: 'sentiment', version: '1.0.1', manifestSha256: 'ab'.repeat(32) };
const AT = '2026-12-01T06:00:00.000Z';

interface Pair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}
const ed25519 = generateKeyPairSync('ed25519');
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'pem' }).toString();
const spkiOf = ({ publicKey }: Pair) => publicKey.export({ type: 'spki', format: 'der' });
const keyIdOf = (pair: Pair) => createHash('sha256').update(spkiOf(pair)).digest('hex');

/** Signs as the reference of the format says, without our code. */
function signBy(pair: Pair, changes: Partial<PackageSignature & SignedPackage> = {}): PackageSignature {
  const { name, version, manifestSha256 } = { ...SIGNED, ...changes };
  const statement = `pilotlight package signature v1\n${name}@${version}\n${manifestSha256}\n${AT}\n`;
  const isEd25519 = pair.privateKey.asymmetricKeyType === 'ed25519';
  return {
    algorithm: isEd25519 ? 'ed25519' : 'ecdsa-p256-sha256',
    keyId: keyIdOf(pair),
    manifestSha256,
    signedAt: AT,
    signature: sign(isEd25519 ? null : 'sha256', Buffer.from(statement), pair.privateKey).toString('base64'),
    ...('signedAt' in changes && { signedAt: changes.signedAt }),
    ...('signature' in changes && { signature: changes.signature }),
  };
}

const textOf = (...signatures: readonly PackageSignature[]) => signaturesText(signatures);
const trust = (...pairs: readonly Pair[]) => readPublicKeys(pairs.map(pemOf).join(''));

describe('a package', () => {
  it.each([
    ['Ed25519', ed25519],
    ['P-256', p256],
  ])('that a trusted key of %s signed is taken', (_, pair) => {
    expect(requireSignature(textOf(signBy(pair)), SIGNED, trust(pair))).toMatchObject([
      { keyId: keyIdOf(pair) },
    ]);
  });

  it.each([
    ['without a signature', undefined, /has no signature\.json/],
    [
      'that a key signed which nobody trusts',
      textOf(signBy(p256)),
      /no signature of a key that is trusted here/,
    ],
  ])('%s is refused as invalid, by its name', (_, text, message) => {
    const required = () => requireSignature(text, SIGNED, trust(ed25519));
    expect(required).toThrow(message);
    expect(required).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
    expect(required).toThrow(/sentiment@1\.0\.1/);
  });

  it.each([
    ['of another name', signBy(ed25519, { name: 'intent' }), 'the signature by key ID is not good'],
    ['of another version', signBy(ed25519, { version: '1.0.2' }), 'the signature by key ID is not good'],
    [
      'of another model.json',
      signBy(ed25519, { manifestSha256: 'cd'.repeat(32) }),
      'key ID signed a model.json with another sha256',
    ],
    [
      'of another time',
      { ...signBy(ed25519), signedAt: '2026-12-01T06:00:01.000Z' },
      'the signature by key ID is not good',
    ],
    [
      'of another algorithm',
      { ...signBy(p256), keyId: keyIdOf(ed25519) },
      'key ID does not sign by ecdsa-p256-sha256',
    ],
    [
      'of zeros',
      signBy(ed25519, { signature: Buffer.alloc(64).toString('base64') }),
      'the signature by key ID is not good',
    ],
  ])(
    'with a signature %s is refused as corrupt, with the beginning of the key and what to do',
    (_, signature, why) => {
      const fault = why.replace('ID', keyIdOf(ed25519).slice(0, 16));
      expect(() => requireSignature(textOf(signature), SIGNED, trust(ed25519))).toThrow(
        expect.objectContaining({
          code: 'PACKAGE_CORRUPT',
          message: `Model sentiment@1.0.1 is refused: signature.json is not of this package: ${fault}. Restore the package, or sign it again: pilotlight models sign --help`,
        }),
      );
    },
  );

  it('with a bad signature of one trusted key is refused, though another one signed it well', () => {
    const bad = signBy(p256, { name: 'intent' });
    expect(() => requireSignature(textOf(signBy(ed25519), bad), SIGNED, trust(ed25519, p256))).toThrow(
      /is not good/,
    );
  });

  it('with a signature of a stranger is taken where a trusted key signed it too', () => {
    const text = textOf(signBy(p256), signBy(ed25519));
    expect(requireSignature(text, SIGNED, trust(ed25519))).toHaveLength(1);
  });

  it('is refused where nobody is trusted', () => {
    expect(() => requireSignature(textOf(signBy(ed25519)), SIGNED, [])).toThrow(/trusted here/);
  });
});

describe('signature.json', () => {
  const good = signBy(ed25519);
  it.each([
    ['is no JSON', '{', /it is not JSON/],
    ['has a field more', JSON.stringify({ formatVersion: 1, signatures: [good], more: 1 }), /more/],
    ['has no signature', JSON.stringify({ formatVersion: 1, signatures: [] }), /signatures/],
    [
      'has a key twice',
      JSON.stringify({ formatVersion: 1, signatures: [good, good] }),
      /one signature of a key/,
    ],
    [
      'has an empty signature',
      JSON.stringify({ formatVersion: 1, signatures: [{ ...good, signature: '' }] }),
      /must be base64/,
    ],
    ['is of a later format', JSON.stringify({ formatVersion: 2, signatures: [good] }), /formatVersion/],
    [
      'has base64 that stands for the same bytes as another text',
      JSON.stringify({
        formatVersion: 1,
        signatures: [{ ...good, signature: good.signature.replace(/=+$/, '') }],
      }),
      /signatures\.0\.signature: must be base64/,
    ],
  ])('that %s is refused', (_, text, message) => {
    expect(() => parseSignatures(text, SIGNED)).toThrow(message);
    expect(() => parseSignatures(text, SIGNED)).toThrow(
      /^Model sentiment@1\.0\.1 is refused: its signature\.json is not valid: .* or sign it again/,
    );
  });
});

describe('public keys', () => {
  it('are read from PEM blocks, and from base64 with commas between', () => {
    const keys = trust(ed25519, p256);
    expect(keys.map(({ algorithm }) => algorithm)).toEqual(['ed25519', 'ecdsa-p256-sha256']);
    expect(readPublicKeys(keys.map(publicKeyText).join(', '))).toEqual(keys);
    expect(keys[0]?.keyId).toBe(keyIdOf(ed25519));
  });

  it('are no private keys, which an error does not repeat', () => {
    const pem = ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const secret = pem.split('\n')[1] ?? '';
    const read = () => readPublicKeys(pem);
    expect(read).toThrow(/private key/);
    expect(read).not.toThrow(secret);
  });

  it('are read from a list with line breaks and blanks around it, too', () => {
    const [one = '', other = ''] = trust(ed25519, p256).map(publicKeyText);
    expect(readPublicKeys(` ${one},\n ${other}\n`).map(({ keyId }) => keyId)).toEqual([
      keyIdOf(ed25519),
      keyIdOf(p256),
    ]);
  });

  it('sign with a digest of their own, or SHA-256', () => {
    expect([digestFor('ed25519'), digestFor('ecdsa-p256-sha256')]).toEqual([null, 'sha256']);
  });

  it.each([
    ['nothing', '', 'it has no key'],
    ['a word', 'release-key!', 'it is neither PEM nor base64'],
    [
      'a word beside a key',
      `${publicKeyText(describeKey(ed25519.publicKey))},release-key!`,
      'it is neither PEM nor base64',
    ],
    ['base64 of something else', 'AAAA', 'it is no SubjectPublicKeyInfo'],
    ['a block with a line before it', `key:\n${pemOf(ed25519)}`, 'there is something beside its PEM blocks'],
    ['a key of RSA', pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 })), 'it is of the kind rsa'],
    [
      'a key of another curve',
      pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
      'it is of the kind ec',
    ],
    [
      'a private key with a kind in its first line',
      '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----',
      'it is a private key. Keep that to yourself, and give its public key',
    ],
  ])('%s is none, with the reason', (_, text, reason) => {
    expect(() => readPublicKeys(text)).toThrow(
      expect.objectContaining({
        code: 'KEY_INVALID',
        message: expect.stringContaining(`A key cannot be read: ${reason}. A public key is wanted`),
      }),
    );
  });
});
