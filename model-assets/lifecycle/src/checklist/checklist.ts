/** What somebody needs to make a package again, or to trust that it is what it was: generated, and what is missing is an empty box. */
import { join } from 'node:path';
import { FolderStore, type PackageEntry } from '@pilotlight/engine';
import {
  findChecksum,
  formatModelRef,
  type PackageManifest,
  packageFiles,
  type ResolvedRef,
  SIDECAR_FILES,
  sumOfBytes,
} from '@pilotlight/model-format';
import { PilotlightError } from '@pilotlight/model-format/errors';
import { parseMeasured } from '@pilotlight/model-format/internal/package/measured';
import { verifyPackage } from '@pilotlight/toolchain/internal/verify-package';
import { fingerprintModel, shortForm } from '../compare/fingerprint.ts';
import { builtInSamples, readSamples } from '../compare/run/samples.ts';
import { openSide } from '../compare/run/side.ts';
import { type EvaluationReport, readEvaluationReport } from '../evaluate/report-schema.ts';
import { readProfile } from '../profile/store.ts';
import { spellControls } from '../report/escape.ts';
import { readSignatures, verifySignature } from '../sign/sign-package.ts';

export interface ChecklistItem {
  readonly section: 'package' | 'source' | 'proof' | 'trust';
  readonly title: string;
  readonly done: boolean;
  /** What was found, or what is missing and how it comes. */
  readonly detail: string;
}

export interface Checklist {
  readonly model: string;
  /** The sha256 of its model.json. */
  readonly manifestSha256: string;
  readonly items: readonly ChecklistItem[];
}

export interface ChecklistOptions {
  /** Texts of the fingerprint. @default - those that int8 is judged on */
  readonly texts?: string;
  /** Reports of `models eval --out`, whose gates count. */
  readonly reports?: readonly string[];
  /** Public keys, in PEM or as base64. @default - a signature is named and not verified */
  readonly keys?: string;
}

/** The item that says whether the package is proven. */
export const GOLDENS_TITLE = 'Goldens are answered as recorded';

type Draft = Omit<ChecklistItem, 'section'>;

/**
 * Verifies the package by its goldens, runs the texts of the fingerprint, and tells what there is.
 *
 * @throws PilotlightError MODEL_NOT_FOUND, PACKAGE_INVALID for a package without a manifest; what is wrong beyond that is an empty box
 */
export async function makeChecklist(
  packages: string,
  ref: ResolvedRef,
  options: ChecklistOptions = {},
): Promise<Checklist> {
  const store = new FolderStore(packages);
  const { manifest } = await store.open(ref);
  const manifestSha256 = findChecksum(manifest) ?? '';
  const { name, version } = manifest;
  const entry: PackageEntry = { name, version, manifest };
  const facts = { packages, store, entry, manifest, manifestSha256, options };
  const inSection = (section: ChecklistItem['section'], drafts: readonly Draft[]): ChecklistItem[] =>
    drafts.map((draft) => ({ section, ...draft }));
  return {
    model: formatModelRef({ name, version }),
    manifestSha256,
    items: [
      ...inSection('package', describePackage(manifest, manifestSha256)),
      ...inSection('source', describeSource(manifest)),
      ...inSection('proof', [
        await attempt(GOLDENS_TITLE, () => proveGoldens(facts)),
        await attempt('Fingerprint of a corpus', () => fingerprint(facts)),
        describeQuality(manifest),
        ...(await judgeGates(facts)),
        await attempt('Measured, and where', () => describeMachine(facts)),
        await attempt('Profile of latency and memory', () => describeProfile(facts)),
        await attempt('Reference for drift', () => describeReference(facts)),
      ]),
      ...inSection('trust', [await attempt('Signed', () => describeSignature(facts))]),
    ],
  };
}

interface Facts {
  readonly packages: string;
  readonly store: FolderStore;
  readonly entry: PackageEntry;
  readonly manifest: PackageManifest;
  readonly manifestSha256: string;
  readonly options: ChecklistOptions;
}

/** A box is empty where its work says so, or refuses; errors that nobody expected go on. */
async function attempt(title: string, work: () => Promise<Omit<Draft, 'title'>>): Promise<Draft> {
  try {
    return { title, ...(await work()) };
  } catch (error) {
    if (!PilotlightError.is(error)) throw error;
    return { title, done: false, detail: error.message };
  }
}

function describePackage(manifest: PackageManifest, manifestSha256: string): Draft[] {
  const files = packageFiles(manifest);
  const { pilotlight, node, ...runtimes } = manifest.toolchain;
  const versions = Object.entries({ pilotlight, node, ...runtimes }).map(([name, of]) => `${name} ${of}`);
  return [
    { title: 'Sum of model.json', done: true, detail: manifestSha256 },
    {
      title: 'Sum of every file',
      done: true,
      detail: `${files.length} files, ${(sumOfBytes(files) / 1e6).toFixed(1)} MB, format ${manifest.formatVersion}`,
    },
    { title: 'Versions of the toolchain', done: true, detail: versions.join(', ') },
  ];
}

function describeSource({ source }: PackageManifest): Draft[] {
  const { kind, id, revision, files, license } = source;
  const count = Object.keys(files).length;
  return [
    { title: 'Source', done: true, detail: `${id} (${kind})` },
    {
      title: 'Revision of the source',
      done: revision !== undefined,
      detail: revision ?? 'not recorded: package it with --revision, or from the hub, which pins a commit',
    },
    {
      title: 'Sum of every source file',
      done: count > 0,
      detail: count > 0 ? `${count} files` : 'not recorded',
    },
    {
      title: 'Licence',
      done: license !== undefined,
      detail: license ?? 'its model card names none: find it out, and name it in the card of the source',
    },
  ];
}

async function proveGoldens({ packages, entry }: Facts) {
  const proofs = await verifyPackage(packages, entry);
  const detail = proofs.map(({ variant, goldens }) => `${variant}: ${goldens} goldens`).join(', ');
  return { done: true, detail };
}

async function fingerprint({ packages, entry, manifest, options }: Facts) {
  const side = await openSide({ packages, ref: formatModelRef(entry) });
  try {
    const samples =
      options.texts === undefined
        ? await builtInSamples(manifest, side.folder)
        : await readSamples(options.texts);
    const { texts, corpus, tokens, decisions, scores } = await fingerprintModel(side, samples);
    const hashes = { corpus, ...(tokens && { tokens }), decisions, ...(scores && { scores }) };
    const shown = Object.entries(hashes).map(([what, hash]) => `${what} ${shortForm(hash)}`);
    return { done: true, detail: `${texts} texts: ${shown.join(', ')}` };
  } finally {
    await side.dispose();
  }
}

function describeQuality(manifest: PackageManifest): Draft {
  const quality = 'quality' in manifest ? (manifest.quality ?? []) : [];
  const shown = quality.map(
    ({ dataset, metric, rows, served }) =>
      `${dataset} ${metric} ${(100 * served).toFixed(1)} % on ${rows.toLocaleString('en')} rows`,
  );
  const detail = shown.length > 0 ? shown.join(', ') : 'not measured when it was packaged: --evaluate FILE';
  return { title: 'Quality on labelled rows', done: shown.length > 0, detail };
}

async function judgeGates({ options, manifestSha256 }: Facts): Promise<Draft[]> {
  const title = 'Gates of an evaluation';
  const reports: EvaluationReport[] = [];
  for (const file of options.reports ?? []) reports.push(await readEvaluationReport(file));
  if (reports.length === 0)
    return [
      { title, done: false, detail: 'no report: pilotlight models eval --out FILE, then --report FILE' },
    ];
  return reports.map(({ model, dataset, gates }) => {
    const isOurs = model.manifestSha256 === manifestSha256;
    const failed = gates.filter(({ passed }) => !passed).map(({ gate }) => gate);
    const judged =
      gates.length === 0 ? 'it has no gate' : `${gates.length - failed.length} of ${gates.length} passed`;
    const reason = isOurs ? judged : `it is of ${model.name}@${model.version} with another model.json`;
    return {
      title: `${title}: ${dataset.name}`,
      done: isOurs && gates.length > 0 && failed.length === 0,
      detail: [reason, ...failed].join('; '),
    };
  });
}

async function describeMachine({ store, entry, manifestSha256 }: Facts) {
  const text = await store.sidecar(entry, SIDECAR_FILES.measured);
  const measured = text === undefined ? undefined : parseMeasured(text, entry, manifestSha256);
  if (!measured) return { done: false, detail: 'not recorded' };
  const { platform, arch, cpu, cores, node } = measured.machine;
  return {
    done: true,
    detail: `${platform} ${arch}${cpu === undefined ? '' : `, ${cpu}`}, ${cores} cores, Node ${node}`,
  };
}

async function describeProfile({ packages, entry, manifestSha256 }: Facts) {
  const profile = await readProfile(join(packages, entry.name, entry.version), manifestSha256);
  if (!profile) return { done: false, detail: `pilotlight models profile ${formatModelRef(entry)}` };
  return { done: true, detail: `of ${profile.variant}` };
}

async function describeReference({ store, entry }: Facts) {
  const text = await store.sidecar(entry, SIDECAR_FILES.reference);
  if (text === undefined)
    return { done: false, detail: `pilotlight models reference ${formatModelRef(entry)}` };
  return { done: true, detail: `in ${SIDECAR_FILES.reference}` };
}

async function describeSignature({ packages, entry, options }: Facts) {
  if (options.keys !== undefined) {
    const good = await verifySignature(packages, entry, options.keys);
    const shown = good.map(({ keyId, signedAt }) => `key ${keyId.slice(0, 16)} at ${signedAt}`);
    return { done: true, detail: `verified: ${shown.join(', ')}` };
  }
  const there = await readSignatures(packages, entry);
  if (there.length === 0)
    return { done: false, detail: `pilotlight models sign ${formatModelRef(entry)} --key FILE` };
  const keys = there.map(({ keyId }) => keyId.slice(0, 16)).join(', ');
  return { done: false, detail: `by ${keys}, which was not verified: --signed-by FILE` };
}

const SECTIONS: Readonly<Record<ChecklistItem['section'], string>> = {
  package: 'Package',
  source: 'Source',
  proof: 'Proof',
  trust: 'Trust',
};

/** The checklist in Markdown, with boxes as pull requests show them. */
export function checklistMarkdown({ model, items }: Checklist): string {
  const sections = Object.entries(SECTIONS).map(([section, title]) => {
    const lines = items
      .filter((item) => item.section === section)
      .map(({ title: what, done, detail }) => `- [${done ? 'x' : ' '}] ${what}: ${inOneLine(detail)}`);
    return `## ${title}\n\n${lines.join('\n')}`;
  });
  return `# ${model}\n\n${sections.join('\n\n')}\n`;
}

/** Details hold what others have written: no line of theirs becomes one of the list. */
function inOneLine(detail: string): string {
  return spellControls(detail.replaceAll(/\s+/g, ' ')).replaceAll(
    /[<>`|[\]]/g,
    (character) => `\\${character}`,
  );
}
