/** A checkout of Pilotlight as it is measured: its server and its engine, bundled, and the packages that they serve. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { BenchError } from '../errors.ts';
import { addPackage, type BuiltVariants, type Precision, readVariants } from '../package-model.ts';
import { ROOT } from '../paths.ts';
import { digest, SOURCES } from '../prepare.ts';

export interface Checkout {
  /** `Pilotlight`, with its commit where it is another one. */
  readonly label: string;
  /** The bundle of the long-lived server. */
  readonly server: string;
  /** The bundle of the engine that embeds texts, as a function is deployed. */
  readonly embedder: string;
  readonly packages: string;
  readonly model: string;
  readonly variants: BuiltVariants;
  /** Variants that its `models add` refuses, and why. */
  readonly refused: { readonly [Each in Precision]?: string | undefined };
}

export interface CheckoutOptions {
  readonly label: string;
  readonly root: string;
  readonly checkpoint: string;
  readonly model: string;
  /** Packages that are there already. @default - made of the checkpoint */
  readonly packages?: string | undefined;
}

/** Bundles the checkout, and packages the checkpoint, unless that was done of these very sources. @throws BenchError BAD_CHECKPOINT */
export async function prepareCheckout({
  label,
  root,
  checkpoint,
  model,
  packages: made,
}: CheckoutOptions): Promise<Checkout> {
  const work = join(root, '.bench', 'peers', model, 'package');
  const packages = made ?? join(work, 'packages');
  const refused = made === undefined ? await packageOnce(root, work, checkpoint, model) : {};
  return {
    label,
    server: await bundleServer(root),
    embedder: await bundleEmbedder(root),
    packages,
    model,
    variants: readVariants(packages, model),
    refused,
  };
}

/** The commit of a checkout, or the name of the folder of one without git. */
export function nameCheckout(root: string): string {
  try {
    const top = git(root, 'rev-parse', '--show-toplevel');
    return existsSync(join(root, '.git')) && top !== ''
      ? git(root, 'rev-parse', '--short=8', 'HEAD')
      : basename(root);
  } catch {
    return basename(root);
  }
}

const git = (root: string, ...args: readonly string[]): string =>
  execFileSync('git', ['-C', root, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();

/** Both variants in one package; where the toolchain refuses int8, fp32 alone, and the reason. */
async function packageOnce(
  root: string,
  work: string,
  checkpoint: string,
  model: string,
): Promise<Checkout['refused']> {
  const stamp = join(work, 'made-by.json');
  const weights = join(checkpoint, 'model.safetensors');
  const sources = `${digest(SOURCES, root)} ${digest([weights], root)}`;
  const known = existsSync(stamp) ? stampSchema.parse(JSON.parse(readFileSync(stamp, 'utf8'))) : undefined;
  if (known?.sources === sources) return known.refused;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const options = { root, task: 'feature-extraction' } as const;
  const packages = join(work, 'packages');
  const refused: { int8?: string } = {};
  try {
    await addPackage(checkpoint, packages, model, options);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    refused.int8 = error.message.split('\n').find((line) => line.includes('error')) ?? error.message;
    await addPackage(checkpoint, packages, model, { ...options, variants: ['fp32'] });
  }
  writeFileSync(stamp, JSON.stringify({ sources, refused }));
  return refused;
}

const stampSchema = z.object({ sources: z.string(), refused: z.object({ int8: z.string().optional() }) });

/** By the checkout's own bundler. */
async function bundleServer(root: string): Promise<string> {
  const folder = join(root, '.bench', 'server');
  const bundler = join(root, 'functions', 'bundles', 'src', 'bundle.ts');
  await promisify(execFile)(process.execPath, [bundler, 'server', folder]);
  return join(folder, 'server.mjs');
}

/** The subject of `bench tasks`, bundled by the checkout's own benchmark. */
async function bundleEmbedder(root: string): Promise<string> {
  const module = JSON.stringify(join(root, 'test', 'bench', 'bundle.ts'));
  const script = `const { bundleSubjects } = await import(${module}); console.log(JSON.stringify(await bundleSubjects()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
  });
  return z.object({ pilotlightTasks: z.string() }).parse(JSON.parse(stdout)).pilotlightTasks;
}

export const OWN = { label: 'Pilotlight', root: ROOT } as const;
