/** The names and the versions that a model may have. */
import * as z from 'zod/mini';

export const modelNameSchema = z
  .string()
  .check(
    z.regex(
      /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/,
      'must be 1-64 of a-z 0-9 . _ - and start and end with a letter or digit',
    ),
  );
export const modelVersionSchema = z
  .string()
  .check(z.regex(/^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/, 'must be a semantic version such as 1.0.0'));

/** `prod`, `canary`, `shadow`, or a name of the team's own. It is no version, because those begin with a digit. */
export const aliasNameSchema = z
  .string()
  .check(
    z.regex(
      /^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/,
      'must be 1-32 of a-z 0-9 - that begin with a letter, such as prod',
    ),
  );
