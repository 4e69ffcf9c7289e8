import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyRecord, recordText } from '@pilotlight/model-format/registry';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AcceptedRecords } from '../../../../functions/app/src/serve/rollout/accepted-records.ts';

const record = emptyRecord('sentiment');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pilotlight-accepted-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a record that was kept is read again by whoever starts later, and nothing lies beside it', async () => {
  const kept = new AcceptedRecords(folder);
  for (let turn = 0; turn < 2; turn++) await kept.write('sentiment', recordText(record));
  expect(await new AcceptedRecords(folder).read('sentiment')).toEqual(record);
  expect(readdirSync(join(folder, '_registry'))).toEqual(['sentiment.json']);
});

it('a record that was never kept is none, and one that is broken is refused', async () => {
  const kept = new AcceptedRecords(folder);
  expect(await kept.read('sentiment')).toBeUndefined();
  await kept.write('sentiment', recordText(record));
  writeFileSync(join(folder, '_registry/sentiment.json'), '{');
  await expect(kept.read('sentiment')).rejects.toMatchObject({ code: 'REGISTRY_INVALID' });
  await kept.write('intent', recordText(record));
  await expect(kept.read('intent')).rejects.toThrow('it is that of sentiment');
});
