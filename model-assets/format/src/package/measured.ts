/**
 * `measured.json`: how fast a package was where it was made. It lies beside the manifest, because no two measurements are the same, and the
 * same source is to give the same manifest. See ADR-measured.md.
 */
import { availableParallelism, cpus } from 'node:os';
import * as z from 'zod/mini';
import { positiveInt, sha256Schema, text, variantNameSchema } from '../manifest/common.ts';
import type { PackageManifest } from '../manifest/package-manifest.ts';
import { ownValue, parseJsonBy } from '../untrusted.ts';
import { corrupt } from './integrity.ts';
import { SIDECAR_FILES } from './sidecars.ts';

const FORMAT_VERSION = 1;

/** Milliseconds: a token of the largest encoders takes some tens on one core. */
const milliseconds = z.number().check(z.positive(), z.maximum(60_000));

/** Fields of a variant that manifests had before there was this file. They mean the same here. */
const figuresSchema = z.strictObject({
  inferMsPerToken: z.optional(milliseconds),
  speedup: z.optional(z.number().check(z.positive(), z.maximum(1_000))),
  speed: z.optional(z.strictObject({ promptMsPerToken: milliseconds, stepMs: milliseconds })),
});
export type MeasuredFigures = z.infer<typeof figuresSchema>;
const FIGURES = Object.keys(figuresSchema.shape);

const machineSchema = z.strictObject({
  node: text,
  platform: text,
  arch: text,
  /** As the system calls it. @default - it does not say */
  cpu: z.optional(text),
  /** Those that the process might use. */
  cores: positiveInt,
});

const measuredSchema = z.strictObject({
  formatVersion: z.literal(FORMAT_VERSION),
  manifestSha256: sha256Schema,
  machine: machineSchema,
  variants: z.record(variantNameSchema, figuresSchema),
});
export type Measured = z.infer<typeof measuredSchema>;

type Variants = Readonly<Record<string, object>>;

/** Takes out of a manifest what was measured by a clock; `figures` has it by the names of variants. */
export function splitMeasured<Manifest extends PackageManifest>(
  manifest: Manifest,
): { readonly manifest: Manifest; readonly figures: Readonly<Record<string, MeasuredFigures>> } {
  if (!('variants' in manifest)) return { manifest, figures: {} };
  const variants: Variants = manifest.variants;
  const divide = (isFigure: boolean) =>
    Object.fromEntries(
      Object.entries(variants).map(([name, variant]) => [
        name,
        Object.fromEntries(Object.entries(variant).filter(([key]) => FIGURES.includes(key) === isFigure)),
      ]),
    );
  const figures = Object.entries(divide(true)).filter(([, own]) => Object.keys(own).length > 0);
  return { manifest: { ...manifest, variants: divide(false) }, figures: Object.fromEntries(figures) };
}

/** The text of the file, of this machine. `manifestSha256` is that of the model.json which it is about. */
export function measuredText(
  manifestSha256: string,
  variants: Readonly<Record<string, MeasuredFigures>>,
): string {
  const [cpu] = cpus();
  const measured: Measured = {
    formatVersion: FORMAT_VERSION,
    manifestSha256,
    machine: {
      ...{ node: process.versions.node, platform: process.platform, arch: process.arch },
      ...(cpu !== undefined && cpu.model.trim() !== '' && { cpu: cpu.model.trim() }),
      cores: availableParallelism(),
    },
    variants: { ...variants },
  };
  return `${JSON.stringify(measuredSchema.parse(measured), null, 2)}\n`;
}

/**
 * Reads the file of a package; nothing where it is about another model.json.
 *
 * @throws EngineError PACKAGE_CORRUPT for one that is no such file
 */
export function parseMeasured(
  json: string,
  { name, version }: Pick<PackageManifest, 'name' | 'version'>,
  manifestSha256: string | undefined,
): Measured | undefined {
  const { measured: file } = SIDECAR_FILES;
  const fault = (reason: string, cause?: unknown) =>
    corrupt({ name, version }, `its ${file} is not valid: ${reason}`, {
      remedy: 'Restore the file, or delete it: then nothing is known of the speed.',
      cause,
    });
  const measured = parseJsonBy(measuredSchema, json, fault);
  return measured.manifestSha256 === manifestSha256 ? measured : undefined;
}

/** Puts figures into the variants of a manifest that was read, where it does not have them itself. */
export function addFigures(
  manifest: PackageManifest,
  { variants: figures }: Pick<Measured, 'variants'>,
): void {
  if (!('variants' in manifest)) return;
  const variants: Variants = manifest.variants;
  for (const [name, measured] of Object.entries(figures)) {
    const variant = ownValue(variants, name);
    if (variant !== undefined) Object.assign(variant, { ...measured, ...variant });
  }
}
