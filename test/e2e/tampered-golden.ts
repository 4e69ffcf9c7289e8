import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Moves a logit in line 7, with checksums that agree: the answer of a model that changed would differ so. */
export function tamperWithGolden(packages: string): void {
  const folder = join(packages, 'sentiment', '1.0.1');
  const edit = (file: string, change: (text: string) => string) => {
    const text = change(readFileSync(join(folder, file), 'utf8'));
    writeFileSync(join(folder, file), text);
    return text;
  };
  const goldens = edit('goldens.jsonl', (text) => {
    const lines = text.split('\n');
    const golden = JSON.parse(lines[6] ?? '');
    golden.outputs.logits.values[0] += 1;
    return lines.with(6, JSON.stringify(golden)).join('\n');
  });
  edit('model.json', (text) => {
    const manifest = JSON.parse(text);
    const sha256 = createHash('sha256').update(goldens).digest('hex');
    manifest.goldens = { ...manifest.goldens, bytes: Buffer.byteLength(goldens), sha256 };
    return JSON.stringify(manifest);
  });
}
