/** The parts that every manifest has, whatever runs the model. */

import * as z from 'zod/mini';
import en from 'zod/v4/locales/en.js';
import { listOf } from '../untrusted.ts';

z.config(en());

export const MANIFEST_FILE = 'model.json';
export const FORMAT_VERSION = 1;
/** Manifests of a thousand labels have some 50 kB. */
export const MAX_MANIFEST_BYTES = 4_000_000;

export const sha256Schema = z
  .string()
  .check(z.regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hexadecimal'));
export const positiveInt = z.int().check(z.positive());
export const nonNegativeInt = z.int().check(z.nonnegative());
export const text = z.string().check(z.minLength(1));

/** A count that no model comes near is a slip, or meant to do harm. */
export const countUpTo = (most: number) => positiveInt.check(z.maximum(most));

/** A path inside the package, with forward slashes; it cannot lead out of the package. */
export const packagePathSchema = z
  .string()
  .check(
    z.maxLength(1024),
    z.regex(
      /^(?!\.{1,2}(?:\/|$))[\w.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w.-]+)*$/,
      'must be a relative path inside the package',
    ),
  );

export const packageFileSchema = z.strictObject({
  path: packagePathSchema,
  bytes: nonNegativeInt,
  sha256: sha256Schema,
});
/** The files of a variant, or of a package. */
export const packageFilesSchema = listOf(packageFileSchema).check(
  z.minLength(1),
  z.maxLength(10_000),
  z.refine((files) => new Set(files.map(({ path }) => path)).size === files.length, 'must list a file once'),
);
export type PackageFile = z.infer<typeof packageFileSchema>;

/** The name of a tensor, which is a key of plain objects. */
export const tensorNameSchema = text.check(z.refine((name) => name !== '__proto__', 'must not be __proto__'));

/**
 * The file of a graph. ONNX Runtime reads a file of another ending as something else: what is looked for in a graph before it is
 * opened would not be found in it.
 */
export const graphFileSchema = packagePathSchema.check(z.endsWith('.onnx', 'must end in .onnx'));

/** The licence that the model card of a source names, as the hub writes it: `apache-2.0`. @default - it names none */
export const licenseSchema = z.optional(text.check(z.maxLength(200)));

/** The model of the hub that a source was completed by: what an adapter is merged into, or an archive has the tokenizer of. @default - none was fetched */
export const baseSourceSchema = z.optional(z.strictObject({ id: text, revision: text }));
export type BaseSource = NonNullable<z.infer<typeof baseSourceSchema>>;

/** The name of a variant. */
export const variantNameSchema = z
  .string()
  .check(z.regex(/^[a-z0-9-]+$/, 'must be the name of a variant, such as int8'));

/** What a package was made by. */
export const toolchainSchema = z.strictObject({
  pilotlight: z.string(),
  node: z.string(),
  onnxruntime: z.string(),
});

interface GraphVariant {
  readonly graphs: Readonly<Record<string, { readonly file: string } | undefined>>;
  readonly files: readonly PackageFile[];
}

/** The variant that is served by default is there. */
export const namesDefault = z.refine<{ readonly variants: object; readonly defaultVariant: string }>(
  ({ variants, defaultVariant }) => Object.hasOwn(variants, defaultVariant),
  { path: ['defaultVariant'], error: 'must name one of the variants' },
);

/** The files of a variant, which are checked at load, have each of its graphs. */
export const listsGraphs = z.refine<{ readonly variants: Readonly<Record<string, GraphVariant>> }>(
  ({ variants }) =>
    Object.values(variants).every(({ graphs, files }) =>
      Object.values(graphs).every((graph) => !graph || files.some(({ path }) => path === graph.file)),
    ),
  { path: ['variants'], error: 'must list the file of each graph among the files of its variant' },
);
