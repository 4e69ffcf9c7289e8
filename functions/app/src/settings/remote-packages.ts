/** `PILOTLIGHT_REMOTE_PACKAGES`: packages that are fetched from a bucket, as the deployment writes them. */
import {
  MANIFEST_FILE,
  modelNameSchema,
  modelVersionSchema,
  packagePathSchema,
  sha256Schema,
} from '@pilotlight/model-format';
import * as z from 'zod/mini';
import { jsonSetting } from './json-setting.ts';

const text = z.string().check(z.minLength(1));

const packageSchema = z.strictObject({
  name: modelNameSchema,
  version: modelVersionSchema,
  manifestSha256: sha256Schema,
  objects: z
    .record(packagePathSchema, text)
    .check(z.refine((objects) => MANIFEST_FILE in objects, `must have the key of ${MANIFEST_FILE}`)),
});

const packagesSchema = z.strictObject(
  {
    bucket: text,
    packages: z.array(packageSchema).check(
      z.minLength(1),
      z.refine(
        (packages) =>
          new Set(packages.map(({ name, version }) => `${name}@${version}`)).size === packages.length,
        'must not name a version twice',
      ),
    ),
  },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must be JSON, an object with bucket and packages' : undefined,
  },
);

export type RemotePackages = z.infer<typeof packagesSchema>;

export const remotePackages = jsonSetting(packagesSchema);
