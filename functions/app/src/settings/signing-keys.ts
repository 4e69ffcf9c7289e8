/** `PILOTLIGHT_SIGNED_BY`: the public keys of those whose packages are served. */

import { PilotlightError } from '@pilotlight/model-format/errors';
import { publicKeyText, readPublicKeys } from '@pilotlight/model-format/internal/package/signature/keys';
import * as z from 'zod/mini';

/** PEM blocks, or SubjectPublicKeyInfos in base64 with commas between; gives each key in base64. */
export const signingKeys = z.pipe(
  z.string(),
  z.transform((text, { issues }): readonly string[] => {
    try {
      return readPublicKeys(text).map(publicKeyText);
    } catch (error) {
      if (!PilotlightError.is(error)) throw error;
      issues.push({
        code: 'custom',
        message: 'must be public keys of Ed25519 or P-256, in PEM or base64',
        input: '',
      });
      return z.NEVER;
    }
  }),
);
