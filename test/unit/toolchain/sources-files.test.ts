import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readSource } from '../../../model-assets/toolchain/src/sources/index.ts';
import { SHAPES, writeCheckpoint } from '../../fixtures/checkpoints.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const original = join(root, 'original');
const source = join(root, 'source');
const FILES = ['README.md', 'config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
writeCheckpoint(
  { family: 'bert', head: 'sequence-classification', shape: SHAPES.tiny, labels: ['a', 'b'] },
  original,
);

beforeEach(() => {
  rmSync(source, { recursive: true, force: true });
  cpSync(original, source, { recursive: true });
});

const refusal = async (message: RegExp) => {
  const reading = readSource(source);
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toMatchObject({ code: 'SOURCE_INVALID' });
};

/** Puts a file of the source into another place, and a link there. */
function replaceByLink(file: string, place: string, target: string): void {
  mkdirSync(dirname(place), { recursive: true });
  renameSync(join(source, file), place);
  symlinkSync(target, join(source, file));
}

describe.each(FILES)('%s', (file) => {
  const path = join(source, file);

  it('is refused where it is the pointer of Git LFS', async () => {
    writeFileSync(path, 'version https://git-lfs.github.com/spec/v1\noid sha256:53aa\nsize 90868376\n');
    await refusal(new RegExp(`^${file} is the pointer that Git LFS leaves.*git lfs pull`));
  });

  it('is refused where it is a folder', async () => {
    rmSync(path);
    mkdirSync(path);
    await refusal(new RegExp(`^${file} is a folder, a pipe or a device`));
  });

  it('is refused where it is a pipe, which nobody writes into', async () => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
    await refusal(new RegExp(`^${file} is a folder, a pipe or a device`));
  });

  it('is refused where it is a link out of the folder, even to what would do', async () => {
    replaceByLink(file, join(root, 'outside', file), join(root, 'outside', file));
    await refusal(new RegExp(`^${file} is a link that leads out of the folder`));
  });

  it('is refused where it is a link to nothing, or to itself', async () => {
    rmSync(path);
    symlinkSync('nothing', path);
    await refusal(new RegExp(`^${file} cannot be read: it is a link to a file that is not there`));
    rmSync(path);
    symlinkSync(file, path);
    await refusal(new RegExp(`^${file} cannot be read: its links lead round in a circle`));
  });

  it('may be a link inside of the folder', async () => {
    replaceByLink(file, join(source, 'store', file), `store/${file}`);
    expect(Object.keys((await readSource(source)).files)).toEqual(FILES);
  });
});

it.each(['checkpoint-1', '0_Transformer'])(
  'a folder %s that leads out of the source is refused',
  async (name) => {
    rmSync(source, { recursive: true });
    mkdirSync(source);
    symlinkSync(original, join(source, name));
    const type = 'sentence_transformers.models.Transformer';
    if (name !== 'checkpoint-1')
      writeFileSync(join(source, 'modules.json'), JSON.stringify([{ path: name, type }]));
    await refusal(/^config.json is a link that leads out of the folder/);
  },
);

describe('a folder of links', () => {
  /** As huggingface_hub lays out its cache. */
  function writeCache(): string {
    const cache = join(root, 'hub/models--acme--reviews');
    const snapshot = join(cache, 'snapshots', 'a'.repeat(40));
    rmSync(cache, { recursive: true, force: true });
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(join(cache, 'blobs'));
    for (const [index, file] of FILES.entries()) {
      const blob = String(index).repeat(file.endsWith('.safetensors') ? 64 : 40);
      linkSync(join(original, file), join(cache, 'blobs', blob));
      symlinkSync(`../../blobs/${blob}`, join(snapshot, file));
    }
    return snapshot;
  }

  it('is read, and called as on the hub, where it is in the cache of the hub', async () => {
    const { files, id } = await readSource(writeCache());
    expect({ files: Object.keys(files), id }).toEqual({ files: FILES, id: 'acme/reviews' });
  });

  it('is read where it leads into the cache of the hub, as older versions of its client wrote', async () => {
    const snapshot = writeCache();
    rmSync(source, { recursive: true });
    cpSync(snapshot, source, { recursive: true });
    expect(Object.keys((await readSource(source)).files)).toEqual(FILES);
  });

  it('is read where it is itself reached over a link', async () => {
    const link = join(root, 'latest');
    symlinkSync(basename(source), link);
    expect((await readSource(link)).id).toBe('latest');
  });
});

it.skipIf(process.getuid?.() === 0)('a file that may not be read is refused by name', async () => {
  chmodSync(join(source, 'config.json'), 0);
  await refusal(/config.json cannot be read: this user may not read it/);
});
