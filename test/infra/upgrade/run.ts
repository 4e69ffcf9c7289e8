/**
 * Proves that an update loses nothing in silence: `node test/infra/upgrade/run.ts <commit>` synthesises every configuration of that commit
 * with its code and with the code here, and lists the resources with data or addresses that an update would replace or delete. It
 * ends with 1 if CHANGELOG.md does not name one of them by its type, such as `AWS::S3::Bucket`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { listDeployments } from '../../../infra/constructs/src/app/config/load.ts';
import { CONFIGS, CONTEXT } from '../app/deployments.ts';
import { type Loss, lossesOf } from './diff.ts';

const HERE = resolve('.');

/** Checks out a commit beside the working tree, with the same npm packages, and its own of the workspace. */
function checkOut(commit: string, folder: string): void {
  execFileSync('git', ['worktree', 'add', '--detach', folder, commit], { stdio: 'ignore' });
  const modules = join(folder, 'node_modules');
  mkdirSync(modules);
  for (const name of readdirSync('node_modules')) {
    const isOwn = name === '@pilotlight' || name === 'pilotlight' || name === '.cache';
    if (!isOwn) symlinkSync(join(HERE, 'node_modules', name), join(modules, name));
  }
  execFileSync('cp', ['-a', 'node_modules/@pilotlight', modules]);
}

/** Synthesises one configuration. @returns the nested assembly, or the refusal */
function synthesise(folder: string, configFolder: string, deployment: { team: string; env: string }): string {
  const outdir = mkdtempSync(join(tree, 'out-'));
  const context = { ...CONTEXT, ...deployment, configFolder };
  const { status, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify(context) },
  });
  const nested = readdirSync(outdir).find((name) => name.startsWith('assembly-'));
  if (status !== 0 || nested === undefined) throw new RangeError(stderr.trim().split('\n').at(-1));
  return join(outdir, nested);
}

const manifestSchema = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      displayName: z.string().optional(),
      properties: z.object({ templateFile: z.string().optional() }).optional(),
    }),
  ),
});

/** The stacks of an assembly: the file of the template, by the name that the CDK knows the stack by. */
function stacksOf(assembly: string): [stack: string, file: string][] {
  const { artifacts } = manifestSchema.parse(
    JSON.parse(readFileSync(join(assembly, 'manifest.json'), 'utf8')),
  );
  return Object.values(artifacts).flatMap(({ displayName, properties }) =>
    displayName === undefined || properties?.templateFile === undefined
      ? []
      : [[displayName, properties.templateFile]],
  );
}

/** Lists what the stacks of one configuration lose. A stack that is gone, or empty, loses everything. */
function compare(before: string, after: string): (Loss & { stack: string })[] {
  return stacksOf(before).flatMap(([stack, file]) => {
    const template = readFileSync(join(before, file), 'utf8');
    if (template === readFileSync(join(after, file), 'utf8') || !template.includes('"Resources"')) return [];
    return lossesOf(after, stack, join(before, file)).map((loss) => ({ ...loss, stack }));
  });
}

const [commit] = process.argv.slice(2);
if (commit === undefined) {
  console.error('Usage: node test/infra/upgrade/run.ts <commit>');
  process.exit(2);
}
const tree = mkdtempSync(join(tmpdir(), 'pilotlight-upgrade-'));
try {
  checkOut(commit, join(tree, 'before'));
  const configs = join(tree, 'before', CONFIGS);
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  for (const deployment of listDeployments(configs)) {
    const name = `${deployment.team}.${deployment.env}`;
    const before = synthesise(join(tree, 'before'), configs, deployment);
    let after: string;
    try {
      after = synthesise(HERE, configs, deployment);
    } catch (error) {
      console.log(`${name}: refused now: ${error instanceof Error ? error.message : error}`);
      process.exitCode = 1;
      continue;
    }
    const losses = compare(before, after);
    if (losses.length === 0) console.log(`${name}: nothing with data or an address is replaced or deleted`);
    for (const { stack, type, logicalId, fate } of losses) {
      const isNamed = changelog.includes(type);
      console.log(
        `${name}: ${stack} ${type} ${logicalId} ${fate}${isNamed ? '' : ', and CHANGELOG.md does not name it'}`,
      );
      if (!isNamed) process.exitCode = 1;
    }
  }
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', join(tree, 'before')]);
  rmSync(tree, { recursive: true, force: true });
}
