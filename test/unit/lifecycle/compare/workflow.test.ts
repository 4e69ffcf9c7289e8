/** The workflow that comments pull requests with what they change in models: its commands, with a stand-in for the CLI. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../../toolchain/temporary-folder.ts';

const FILE = 'cli/templates/app/.github/workflows/compare-models.yml';
const { jobs } = parse(readFileSync(FILE, 'utf8'));
const commandWith = (job: string, text: string): string =>
  jobs[job].steps.map(({ run = '' }) => run).find((run: string) => run.includes(text)) ?? '';

const folder = temporaryFolder();
const bash = (script: string, env: NodeJS.ProcessEnv) =>
  spawnSync('bash', ['-e', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, ...env },
  });
const standIn = (name: string, script: string): void => {
  writeFileSync(join(folder, 'bin', name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
};
const write = (path: string, content: string): void => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), content);
};

beforeAll(() => {
  mkdirSync(join(folder, 'bin'));
  standIn('npx', 'echo "$@"; [ "$4" != bad ]');
  for (const base of ['base/models', 'models']) write(`${base}/same/1.0.0/model.json`, '{}');
  for (const name of ['bad', 'good']) write(`base/models/${name}/1.0.0/model.json`, '{}');
  for (const name of ['bad', 'good', 'new']) write(`models/${name}/1.1.0/model.json`, '{}');
  write('models/good.jsonl', '"a text"\n');
});

describe('the workflow', () => {
  it('compares the models that a pull request changes, all of them, and fails where one does', () => {
    const { status, stderr } = bash(commandWith('diff', 'models diff'), { MAX_FLIPS: '1%' });
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' });
    const folders = '--packages base/models --packages-b models --markdown';
    expect(readFileSync(join(folder, 'models.md'), 'utf8').split('\n')).toEqual([
      `pilotlight models diff bad bad ${folders} --max-flips 1%`,
      `pilotlight models diff good good ${folders} --texts models/good.jsonl --max-flips 1%`,
      '### New: `new`',
      '',
      '',
    ]);
  });

  it('writes one comment, and the next time that comment again', () => {
    const script = commandWith('comment', 'gh api');
    const env = { GITHUB_REPOSITORY: 'acme/nlp', PULL_REQUEST: '7', MARK: '<!-- mark -->' };
    standIn('gh', 'echo "$@" >> calls; [[ "$*" == *--paginate* ]] && cat known || true');
    write('models.md', 'what differs\n');
    write('known', '');
    expect(bash(script, env)).toMatchObject({ status: 0, stderr: '' });
    write('known', '41\n');
    expect(bash(script, env)).toMatchObject({ status: 0, stderr: '' });
    const calls = readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('--silent'));
    expect(calls).toEqual([
      'api --silent repos/acme/nlp/issues/7/comments --field body=@comment.md',
      'api --silent --method PATCH repos/acme/nlp/issues/comments/41 --field body=@comment.md',
    ]);
    expect(readFileSync(join(folder, 'comment.md'), 'utf8')).toBe('<!-- mark -->\nwhat differs\n');
  });

  it('lets no job that runs a pull request write, and none that writes run it', () => {
    expect(jobs.diff.permissions).toBeUndefined();
    expect(JSON.stringify(jobs.comment)).not.toMatch(/checkout|\bnpm\b|\bnpx\b|\bnode\b/);
    expect(jobs.comment.if).toContain('head.repo.full_name == github.repository');
  });
});

it('the commands of the workflow parse as shell', () => {
  for (const { steps } of Object.values<{ steps: { run?: string }[] }>(jobs))
    for (const { run } of steps) if (run) execFileSync('bash', ['-n', '-c', run]);
});
