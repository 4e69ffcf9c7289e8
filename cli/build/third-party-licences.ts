/** The licences of the npm packages that are inside the prebuilt bundles. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundleOptions } from '../../functions/bundles/src/bundle.ts';
import { FUNCTIONS } from '../../functions/bundles/src/names.ts';
import { serverOptions } from '../../functions/bundles/src/server-options.ts';
import { ROOT } from './packages.ts';

/** Texts of licences that npm packages name and do not carry. */
const TEXTS: Readonly<Record<string, string>> = {
  'onnxruntime-common': 'layers/builders/src/runtime/licences/onnxruntime.txt',
  'onnxruntime-node': 'layers/builders/src/runtime/licences/onnxruntime.txt',
};

const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** Writes one paragraph for each package: its name and version, the licence that it names, and the text of the licence where the package has one. */
export async function thirdPartyLicences(): Promise<string> {
  const options = [
    ...FUNCTIONS.map((name) => bundleOptions(name, 'dist')),
    serverOptions('server', 'dist'),
    serverOptions('web', 'dist'),
  ];
  const folders = new Set<string>();
  for (const one of options) {
    const { metafile } = await build({ ...one, absWorkingDir: ROOT, write: false, metafile: true });
    for (const path of Object.keys(metafile.inputs)) {
      const folder = PACKAGE.exec(path)?.[0];
      if (folder !== undefined && !folder.includes(':')) folders.add(folder);
    }
  }
  return [...folders].sort().map(paragraph).join('\n');
}

function paragraph(folder: string): string {
  const manifest = join(ROOT, folder, 'package.json');
  if (!existsSync(manifest)) return '';
  const { name, version, license } = JSON.parse(readFileSync(manifest, 'utf8'));
  const [file] = globSync('{LICEN[CS]E,licen[cs]e}*', { cwd: join(ROOT, folder) });
  const path = file === undefined ? TEXTS[name] : join(folder, file);
  const text = path === undefined ? '' : `\n${readFileSync(join(ROOT, path), 'utf8').trim()}\n`;
  return `${'-'.repeat(80)}\n${name} ${version} (${license ?? 'no licence named'})\n${text}`;
}
