/** `models inspect` as a user runs it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { archiveMembers, CLASSIFIER_TENSORS, tarGz, weights } from '../fixtures/archives.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { node, run } from './command.ts';
import { runHere } from './command-here.ts';

const folder = temporaryFolder();
const path = join(folder, 'model.tar.gz');
const inspect = (...args: readonly string[]) => run(node('cli/src/main.ts', 'models', 'inspect', ...args));
const inspectHere = (...args: readonly string[]) => runHere(['models', 'inspect', ...args]);

describe('models inspect', () => {
  test('of an archive that can be added tells its parts, and ends with 0', async () => {
    writeFileSync(path, tarGz(archiveMembers()));
    const { code, stdout } = await inspect(path);
    expect(stdout).toContain('basic_classifier, answered by the predictor text_classifier. It can be added.');
    expect(stdout).toMatch(/seq2vec encoder +bag_of_embeddings +model\.seq2vec_encoder/);
    expect(stdout).toMatch(/_text_field_embedder +1 +24/);
    expect(stdout).toMatch(/tokens +6 +with padding and unknown/);
    expect(code).toBe(0);
  });

  test('of one that lacks a tensor names it in one line, and ends with 1', async () => {
    const { '_classification_layer.bias': _, ...rest } = CLASSIFIER_TENSORS;
    writeFileSync(path, tarGz(archiveMembers({ weights: weights(rest) })));
    const { code, stdout } = await inspect(path);
    expect(stdout).toContain('1 thing stands in the way.');
    expect(stdout).toMatch(
      /^missing +_classification_layer\.bias +weights\.th has no such tensor, of shape \[2\]$/m,
    );
    expect(code).toBe(1);
    const asJson = await inspectHere(path, '--json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      model: 'basic_classifier',
      problems: [{ kind: 'missing', at: '_classification_layer.bias' }],
    });
    expect(asJson.code).toBe(1);
  });

  test('of a file that is no archive says so in one line, and without a file ends with 2', async () => {
    writeFileSync(path, 'hello');
    const { code, stderr } = await inspectHere(path);
    expect(stderr).toMatch(/SOURCE_INVALID: The archive is damaged: it does not unpack as gzip\./);
    expect(code).toBe(1);
    expect((await inspectHere()).code).toBe(2);
  });
});
