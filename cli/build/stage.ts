/** Writes the folders that npm publishes, one for each package of the workspace. */
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundleFolder } from '../../functions/bundles/src/index.ts';
import { BUNDLES } from '../../functions/bundles/src/names.ts';
import { internalsIn, publishedManifest } from './manifest.ts';
import { ROOT, STAGED, type Workspace } from './packages.ts';
import { thirdPartyLicences } from './third-party-licences.ts';

/** The bundler, which the published package does not need because it brings the bundles. */
const BUNDLER = /^(?:bundle|plugins|server-options)\./;
/** The package holds maps of JavaScript, which contain their sources, but no maps of declarations, because they would lead nowhere. */
const BUILT = /(?:\.js|\.js\.map|\.d\.ts)$/;
const NO_SOURCE = /\.(?:[mc]?ts|md)$/;
const DECLARATION_MAP = /\n?\/\/# sourceMappingURL=.*\.d\.ts\.map\s*$/;
/** A relative import in a declaration file. The consumer's compiler resolves it, and wants `.js`. */
const SPECIFIER = /(\b(?:from|import)\s*\(?\s*['"])(\.{1,2}\/[^'"]+)\.ts(['"])/g;

/** Writes `packages` below `dist/packages`; they must have been compiled. */
export async function stage(packages: readonly Workspace[]): Promise<void> {
  rmSync(STAGED, { recursive: true, force: true });
  const internals = new Set(packages.flatMap(stageCode));
  for (const one of packages) {
    const { folder, manifest, staged } = one;
    const published = publishedManifest(one, internals);
    writeFileSync(join(staged, 'package.json'), `${JSON.stringify(published, null, 2)}\n`);
    cpSync(join(ROOT, 'LICENSE'), join(staged, 'LICENSE'));
    const readme = join(ROOT, folder, 'README.md');
    if (existsSync(readme)) cpSync(readme, join(staged, 'README.md'));
    if (manifest.name === '@pilotlight/functions') await stageBundles(staged);
    if (manifest.name === 'pilotlight') stageModels(staged);
    const templates = join(ROOT, folder, 'templates');
    if (existsSync(templates)) cpSync(templates, join(staged, 'templates'), { recursive: true });
  }
}

/** Copies the compiled code, and returns the internals of other packages that it imports. */
function stageCode({ folder, manifest, staged }: Workspace): string[] {
  const [built, sources] = [join(ROOT, folder, 'dist'), join(ROOT, folder, 'src')];
  const wanted = (path: string) => manifest.name !== '@pilotlight/functions' || !BUNDLER.test(path);
  const code = globSync('**/*.{js,js.map,d.ts}', { cwd: built }).filter((path) => BUILT.test(path));
  const internals = code.filter(wanted).flatMap((path) => {
    // The compiler keeps the output of a module that was deleted.
    const source = path.replace(/(?:\.js|\.js\.map|\.d\.ts)$/, '.ts');
    if (!existsSync(join(sources, source))) return [];
    const text = readFileSync(join(built, path), 'utf8');
    const published = path.endsWith('.d.ts') ? asDeclaration(text) : text;
    write(join(staged, 'dist', path), published);
    return path.endsWith('.map') ? [] : internalsIn(published);
  });
  const others = globSync('**/*', { cwd: sources, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !NO_SOURCE.test(entry.name),
  );
  for (const { parentPath, name } of others) {
    const path = join(parentPath, name);
    cpSync(path, join(staged, 'dist', path.slice(sources.length)));
  }
  return internals;
}

export function asDeclaration(text: string): string {
  return text.replace(DECLARATION_MAP, '\n').replace(SPECIFIER, '$1$2.js$3');
}

async function stageBundles(staged: string): Promise<void> {
  for (const name of BUNDLES)
    cpSync(bundleFolder(name).folder, join(staged, 'prebuilt', name), { recursive: true });
  write(join(staged, 'prebuilt/THIRD-PARTY-LICENSES.txt'), await thirdPartyLicences());
}

function stageModels(staged: string): void {
  const assets = join(ROOT, 'model-assets');
  const catalog = readFileSync(join(assets, 'catalog.json'), 'utf8');
  write(join(staged, 'catalog.json'), catalog);
  const { models }: { models: Record<string, { version: string }> } = JSON.parse(catalog);
  for (const [name, { version }] of Object.entries(models)) {
    const path = join(name, version);
    cpSync(join(assets, 'packages', path), join(staged, 'models', path), { recursive: true });
  }
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
