/** Processes that are killed, and two that want the same: nothing is lost, doubled or mixed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Stored } from '../e2e/batch-world.ts';
import { node, run, userEnvironment } from '../e2e/command.ts';
import { Random } from '../fixtures/random.ts';
import { cases } from '../scale.ts';
import { rowsOf, weather } from './batch-crashes.ts';

/** The values that differ from run to run: the name of the file and the time that it took. */
function withoutTimes({ key, body }: Stored) {
  if (key !== 'summary.json') return { key, body };
  const { input, seconds, rowsPerSecond, ...rest } = JSON.parse(body);
  expect([typeof seconds, typeof rowsPerSecond]).toEqual(['number', 'number']);
  return { key, ...rest, bytes: input.bytes };
}

const KILLS = cases({ short: 3, long: 90 });
const ROWS = cases({ short: 1200, long: 20_000 });
const PART_ROWS = cases({ short: 100, long: 2000 });

it(
  'the batch function leaves the same bytes however often its process is killed and however S3 behaves',
  async () => {
    const { calm, stormy, kills, troubles } = await weather({
      rows: ROWS,
      partRows: PART_ROWS,
      kills: KILLS,
      trouble: 0.1,
      longestLifeMs: cases({ short: 500, long: 1500 }),
    });
    expect(calm).toHaveLength(ROWS / PART_ROWS + 1);
    expect(
      calm
        .map(({ body }) => body)
        .join('')
        .match(/^\{"row":/gm),
    ).toHaveLength(ROWS);
    for (const results of stormy) expect(results.map(withoutTimes)).toEqual(calm.map(withoutTimes));
    expect(kills).toBe(KILLS);
    expect(Object.values(troubles).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
  },
  KILLS * 20_000,
);

describe('pilotlight batch', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pilotlight-writers-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const output = join(folder, 'out.jsonl');
  const write = (name: string, rows: number, seed: number) => {
    writeFileSync(join(folder, name), rowsOf(rows, new Random(seed)));
    return node('cli/src/main.ts', 'batch', join(folder, name), '-m', 'sentiment', '-o', output);
  };

  it(
    'leaves, wherever it is killed, the output as it was, and nothing that the next run minds or leaves',
    async () => {
      const command = write('killed.jsonl', 4000, 3);
      expect(await run(command)).toMatchObject({ code: 0 });
      const whole = readFileSync(output, 'utf8');
      const random = new Random(17);
      for (let i = 0; i < cases({ short: 2, long: 40 }); i++) {
        writeFileSync(output, 'before');
        const [file = '', ...args] = command;
        const child = spawn(file, args, { env: userEnvironment(), stdio: 'ignore' });
        const exit = once(child, 'exit');
        await Promise.race([exit, pause(400 + random.below(1500))]);
        child.kill('SIGKILL');
        await exit;
        expect(['before', whole]).toContain(readFileSync(output, 'utf8'));
      }
      const { code, stderr } = await run(command);
      expect([code, stderr]).toEqual([0, expect.stringMatching(/^done 4,000 rows/)]);
      expect(readFileSync(output, 'utf8')).toBe(whole);
      expect(readdirSync(folder).sort()).toEqual(['killed.jsonl', 'out.jsonl']);
    },
    cases({ short: 60_000, long: 600_000 }),
  );

  it(
    'does not share its output: one that finds another at work refuses, and who says that it is done has its rows there',
    async () => {
      const [long, short] = [write('long.jsonl', 3000, 1), write('short.jsonl', 2000, 2)];
      for (let i = 0; i < cases({ short: 1, long: 30 }); i++) {
        rmSync(output, { force: true });
        const ended = await Promise.all([run(long), run(short)]);
        const rows = readFileSync(output, 'utf8').trimEnd().split('\n').length;
        const won = ended.filter(({ code }) => code === 0);
        const refused = ended.filter(({ code }) => code !== 0);
        expect(won.length).toBeGreaterThan(0);
        // Where both are done, they took turns.
        if (won.length === 1) expect(won[0]?.stderr).toContain(`done ${rows.toLocaleString('en')} rows`);
        for (const { stderr } of refused) expect(stderr).toMatch(/^error OUTPUT_TAKEN: .*\n$/);
        expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual(['out.jsonl']);
      }
    },
    cases({ short: 60_000, long: 600_000 }),
  );
});
