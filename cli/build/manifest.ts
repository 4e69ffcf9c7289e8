/** Writes the package.json that is published: its exports lead to JavaScript and declarations, and to those internals only that our packages use. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, type Names, ROOT, type Workspace } from './packages.ts';

const INTERNAL = /@pilotlight\/[\w-]+\/internal\/[\w./-]+|pilotlight\/internal\/[\w./-]+/g;

/** Dependencies that a published package does not need, because it brings what they would make. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = { '@pilotlight/functions': ['esbuild'] };

const KEYWORDS = ['nlp', 'inference', 'onnx', 'aws-lambda', 'serverless', 'transformers', 'machine-learning'];

/** Finds specifiers such as `@pilotlight/engine/internal/ports` in a text. */
export function internalsIn(text: string): readonly string[] {
  return text.match(INTERNAL) ?? [];
}

/** `internals` are the specifiers that some package of ours asks for. */
export function publishedManifest({ folder, manifest }: Workspace, internals: ReadonlySet<string>): object {
  const { name, version, description, license, engines, bin, peerDependencies, peerDependenciesMeta } =
    manifest;
  const leftOut = LEFT_OUT[name] ?? [];
  const repository = repositoryOfWorkflow(folder);
  const dependencies = Object.entries(manifest.dependencies).filter(([key]) => !leftOut.includes(key));
  return {
    name,
    version,
    description,
    keywords: KEYWORDS,
    license,
    repository,
    type: 'module',
    sideEffects: false,
    engines,
    bin: bin && mapValues(bin, built),
    exports: { ...publishedExports(folder, manifest, internals), './package.json': './package.json' },
    files: ['dist', 'models', 'catalog.json', 'prebuilt', 'templates'],
    dependencies: Object.fromEntries(dependencies),
    peerDependencies,
    peerDependenciesMeta,
    publishConfig: { access: 'public', provenance: true },
  };
}

/**
 * The repository whose workflow packs, which npm compares with the provenance of a tarball. On a machine of one's own there is
 * none to name.
 */
function repositoryOfWorkflow(directory: string): object | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY } = process.env;
  if (GITHUB_SERVER_URL === undefined || GITHUB_REPOSITORY === undefined) return undefined;
  return { type: 'git', url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git`, directory };
}

function publishedExports(
  folder: string,
  { name, exports }: Manifest,
  internals: ReadonlySet<string>,
): object {
  const open = Object.entries(exports).filter(
    ([key, source]) => !key.includes('*') && existsSync(join(ROOT, folder, source)),
  );
  const pattern = exports['./internal/*'] ?? './src/*.ts';
  const used = [...internals]
    .filter((specifier) => specifier.startsWith(`${name}/internal/`))
    .map((specifier) => specifier.slice(`${name}/internal/`.length))
    .sort()
    .map((path) => [`./internal/${path}`, pattern.replace('*', path)] as const);
  return Object.fromEntries(
    [...open, ...used].map(([key, source]) => [
      key,
      { types: built(source).replace(/\.js$/, '.d.ts'), default: built(source) },
    ]),
  );
}

/** `./src/index.ts` to `./dist/index.js`. */
function built(source: string): string {
  return source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '.js');
}

function mapValues(record: Names, change: (value: string) => string): Names {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
