/** Where packages are fetched from before a synth, and the checksums that they must have. */
import {
  aliasNameSchema,
  modelNameSchema,
  modelVersionSchema,
  parseModelRef,
} from '@pilotlight/model-format';
import * as z from 'zod';
import { textLike } from '../../common/fields.ts';

const S3_PREFIX = /^s3:\/\/[a-z0-9][a-z0-9.-]+[a-z0-9](?:\/[^\s/]+)*\/?$/;

const pinnedSchema = z.record(
  z.string().refine(isPinned, 'must be the name and version of a package, such as sentiment@1.0.0'),
  z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256: 64 of 0-9 a-f'),
);

export const packageSourceSchema = z.strictObject({
  from: textLike(
    S3_PREFIX,
    'must be a bucket with or without a prefix, as in s3://acme-models/pilotlight',
  ).describe(
    'Place that has the files of each package at NAME/VERSION/, such as s3://acme-models/pilotlight',
  ),
  sha256: pinnedSchema
    .default({})
    .describe(
      'Packages by name@version, each with the sha256 of its model.json, which has those of its other files. Default: none',
    ),
  aliases: z
    .record(modelNameSchema, aliasNameSchema)
    .default({})
    .describe(
      'Models by name, each with the alias of the registry at `from` that says which version the synth fetches, such as prod. Default: none',
    ),
});

function isPinned(text: string): boolean {
  const { name, version } = parseModelRef(text);
  return modelNameSchema.safeParse(name).success && modelVersionSchema.safeParse(version).success;
}
