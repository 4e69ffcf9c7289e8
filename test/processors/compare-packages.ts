/**
 * Compares packages that were made of one source on two processors: what must be equal is, and what differs is listed.
 *
 *     node test/processors/compare-packages.ts FOLDER FOLDER
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** See ADR-measured.md: results of float kernels, what is calibrated by them, and the sums of both. */
const MAY_DIFFER =
  /(^|\/)(goldens\.jsonl|measured\.json|reference\.json|model\.json|MODEL_CARD\.md)$|(^|\/)int8\//;
/** Parts of model.json that hang on no kernel. */
const FIXED = [
  'formatVersion',
  'name',
  'version',
  'task',
  'labels',
  'taskDefaults',
  'textProcessing',
  'source',
  'toolchain',
];

const [left = '', right = ''] = process.argv.slice(2);
const sums = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [
        file.slice(folder.length + 1),
        createHash('sha256').update(readFileSync(file)).digest('hex'),
      ]),
  );

const [ours, theirs] = [sums(left), sums(right)];
const files = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
const differing = files.filter((file) => ours.get(file) !== theirs.get(file));
const faults = differing.filter((file) => !MAY_DIFFER.test(file));
for (const file of files.filter((name) => name.endsWith('/model.json'))) {
  const [mine, other] = [left, right].map((folder) => JSON.parse(readFileSync(join(folder, file), 'utf8')));
  for (const key of FIXED)
    if (JSON.stringify(mine?.[key]) !== JSON.stringify(other?.[key])) faults.push(`${file}: ${key}`);
}
process.stdout.write(`${files.length} files, ${files.length - differing.length} of them equal.\n`);
for (const file of differing) process.stdout.write(`differs, as it may: ${file}\n`);
for (const fault of faults) process.stdout.write(`DIFFERS, and must not: ${fault}\n`);
process.exitCode = faults.length > 0 || files.length === 0 ? 1 : 0;
