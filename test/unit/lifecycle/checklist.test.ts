import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  checklistMarkdown,
  makeChecklist,
  openFileSigner,
  signPackage,
  writeNewKey,
} from '@pilotlight/lifecycle';
import { afterAll, beforeAll, expect, it } from 'vitest';

const REF = { name: 'earlier', version: '1.0.0' };
const folder = mkdtempSync(join(tmpdir(), 'pilotlight-checklist-'));
const packages = join(folder, 'packages');
const texts = join(folder, 'texts.txt');
beforeAll(() => {
  mkdirSync(packages);
  cpSync('test/fixtures/packages/earlier', join(packages, 'earlier'), { recursive: true });
  writeFileSync(texts, 'a good film\nnever again\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const boxOf = (made: Awaited<ReturnType<typeof makeChecklist>>, title: string) =>
  made.items.find((item) => item.title.startsWith(title));

it('what a package has is ticked, and what it lacks is an empty box that says how it comes', async () => {
  const made = await makeChecklist(packages, REF, { texts });
  expect(boxOf(made, 'Goldens')).toMatchObject({ done: true, detail: 'int8: 36 goldens' });
  expect(boxOf(made, 'Fingerprint')).toMatchObject({
    done: true,
    detail: expect.stringMatching(/^2 texts: corpus [0-9a-f ]+, tokens/),
  });
  expect(boxOf(made, 'Sum of every source file')?.done).toBe(true);
  for (const title of ['Licence', 'Gates', 'Profile', 'Reference', 'Signed'])
    expect(boxOf(made, title), title).toMatchObject({ done: false });
  expect(boxOf(made, 'Signed')?.detail).toContain('pilotlight models sign earlier@1.0.0');
  const markdown = checklistMarkdown(made);
  expect(markdown).toMatch(/^# earlier@1\.0\.0\n\n## Package\n\n- \[x\] Sum of model\.json: [0-9a-f]{64}\n/);
  expect(markdown).toContain('- [ ] Signed: ');
});

it('a signature is ticked once it is verified, and a file that changed empties the boxes that hang on it', async () => {
  const key = join(folder, 'key.pem');
  const keys = await writeNewKey(key);
  await signPackage(packages, REF, openFileSigner(key));
  expect(boxOf(await makeChecklist(packages, REF, { texts }), 'Signed')).toMatchObject({ done: false });
  const verified = await makeChecklist(packages, REF, { texts, keys });
  expect(boxOf(verified, 'Signed')).toMatchObject({
    done: true,
    detail: expect.stringMatching(/^verified: key [0-9a-f]{16} at 2/),
  });
  writeFileSync(join(packages, 'earlier/1.0.0/goldens.jsonl'), '{}\n');
  const damaged = await makeChecklist(packages, REF, { texts, keys });
  expect(boxOf(damaged, 'Goldens')).toMatchObject({
    done: false,
    detail: expect.stringMatching(/goldens\.jsonl/),
  });
});
