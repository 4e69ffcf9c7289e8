/** `PILOTLIGHT_REGISTRY`: the registry of a deployment. */
import {
  parseRegistryAddress,
  type RegistryAddress,
} from '@pilotlight/model-format/internal/registry/address';
import * as z from 'zod/mini';

export const registryAddress = z.pipe(
  z.string(),
  z.transform((text, { issues }): RegistryAddress => {
    const address = parseRegistryAddress(text);
    if (address) return address;
    issues.push({
      code: 'custom',
      message: 'must be the address of a bucket or a folder in one, such as s3://models/registry',
      input: text,
    });
    return z.NEVER;
  }),
);
