import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { openArchive } from '../../../../model-assets/toolchain/src/allennlp/archive/open-archive.ts';
import { archivePath, hasArchives, hubPath, listArchives } from '../../../fixtures/allennlp.ts';
import {
  archiveMembers,
  CLASSIFIER_CONFIG,
  CLASSIFIER_TENSORS,
  CLASSIFIER_VOCABULARY,
  type TarMember,
  tar,
  tarGz,
  weights,
} from '../../../fixtures/archives.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const root = temporaryFolder();
let files = 0;

function write(content: Buffer): string {
  files += 1;
  const path = join(root, `${files}.tar.gz`);
  writeFileSync(path, content);
  return path;
}

const open = (members: readonly TarMember[], base?: string) => openArchive(write(tarGz(members)), { base });

describe('an archive', () => {
  it.each(['zip', 'legacy'] as const)(
    'with weights in the %s layout gives its tensors and its vocabulary',
    async (layout) => {
      const archive = await open(archiveMembers({ weights: weights(CLASSIFIER_TENSORS, layout) }));
      expect([...archive.tensorNames()]).toEqual(Object.keys(CLASSIFIER_TENSORS));
      expect(archive.tensor('_classification_layer.weight')).toEqual({
        dims: [2, 4],
        data: Float32Array.from({ length: 8 }, (_, at) => at / 8),
      });
      expect([archive.vocabularySize('tokens'), archive.vocabularySize('labels')]).toEqual([6, 2]);
      expect([archive.vocabularySize('other'), archive.vocabularySize('other_tags')]).toEqual([2, 0]);
      expect(archive.config.model).toEqual(CLASSIFIER_CONFIG.model);
      archive.close();
    },
  );

  it('may have ./ before its names, and folders of its own that nothing reads', async () => {
    const members = archiveMembers().map((member) => ({ ...member, name: `./${member.name}` }));
    const archive = await open([
      { name: './', type: '5' },
      ...members,
      { name: './extra/a.txt', content: 'x' },
    ]);
    expect(archive.vocabularySize('tokens')).toBe(6);
    archive.close();
  });

  it('reads by validation_dataset_reader where it has one', async () => {
    const config = { ...CLASSIFIER_CONFIG, validation_dataset_reader: { type: 'other' } };
    const archive = await open(archiveMembers({ config: JSON.stringify(config) }));
    expect([archive.config.reader, archive.config.readerPath]).toEqual([
      { type: 'other' },
      'validation_dataset_reader',
    ]);
    archive.close();
  });

  it('leaves nothing behind when it is closed, nor when it is refused, nor for long when it is killed', async () => {
    const temporary = join(root, 'temporary');
    mkdirSync(join(temporary, '.pilotlight-archive-999999999-killed'), { recursive: true });
    vi.stubEnv('TMPDIR', temporary);
    const archive = await open(archiveMembers());
    expect(readdirSync(temporary)).toEqual([expect.stringMatching(`^.pilotlight-archive-${process.pid}-`)]);
    archive.close();
    await expect(open(archiveMembers({ config: '{' }))).rejects.toThrow();
    expect(readdirSync(temporary)).toEqual([]);
    vi.unstubAllEnvs();
  });

  it('takes a name of more than 100 characters from the headers of pax and of GNU', async () => {
    const name = `vocabulary/${'n'.repeat(120)}.txt`;
    const pax = Buffer.from(`150 path=${name}\n`.replace('150', `${`150 path=${name}\n`.length}`));
    for (const header of [
      { name: 'x', type: 'x', content: pax },
      { name: '././@LongLink', type: 'L', content: `${name}\0` },
    ]) {
      const archive = await open([
        ...archiveMembers(),
        header,
        { name: 'short', content: '@@UNKNOWN@@\nx\n' },
      ]);
      expect(archive.vocabularySize('n'.repeat(120))).toBe(3);
      archive.close();
    }
  });
});

describe('from_archive', () => {
  const outerConfig = JSON.stringify({
    dataset_reader: { type: 'text_classification_json' },
    model: { type: 'from_archive', archive_file: 'models/inner.tar.gz' },
  });
  const outer = archiveMembers({
    config: outerConfig,
    weights: weights({ ...CLASSIFIER_TENSORS, '_text_field_embedder.token_embedder_tokens.weight': [8, 4] }),
    vocabulary: { ...CLASSIFIER_VOCABULARY, 'tokens.txt': '@@UNKNOWN@@\nz\nb\ny\n' },
  });
  const inner = write(tarGz(archiveMembers()));

  it('takes the parts of the other archive, its vocabulary with the new tokens behind, and the weights of its own', async () => {
    const archive = await open(outer, inner);
    expect(archive.config.model).toEqual(CLASSIFIER_CONFIG.model);
    expect(archive.vocabularyTexts.get('tokens.txt')).toBe('@@UNKNOWN@@\na\nb\nc\nd\nz\ny\n');
    expect(archive.vocabularySize('tokens')).toBe(8);
    expect(archive.tensorDims('_text_field_embedder.token_embedder_tokens.weight')).toEqual([8, 4]);
    archive.close();
  });

  it('says which archive it needs', async () => {
    await expect(open(outer)).rejects.toThrow(/'models\/inner.tar.gz'. Name that file with --base/);
  });

  it('that names itself is refused', async () => {
    await expect(open(outer, write(tarGz(outer)))).rejects.toThrow(/names no archive/);
  });
});

describe('an archive is refused', () => {
  it.each([
    ['that is not packed', tar(archiveMembers()), /does not unpack as gzip/],
    ['that is no tar file', gzipSync('hello'), /no AllenNLP archive/],
    [
      'whose files are in a folder',
      tarGz(archiveMembers().map((each) => ({ ...each, name: `m/${each.name}` }))),
      /It has m\/config.json: pack the files themselves/,
    ],
    ['without a vocabulary', tarGz(archiveMembers().slice(0, 2)), /has no vocabulary/],
    [
      'without weights',
      tarGz(archiveMembers().filter(({ name }) => name !== 'weights.th')),
      /has no weights.th/,
    ],
    [
      'with a file that is there twice',
      tarGz([...archiveMembers(), { name: './config.json', content: '{}' }]),
      /'config.json' twice/,
    ],
    [
      'with a vocabulary that is not UTF-8',
      tarGz([...archiveMembers(), { name: 'vocabulary/x.txt', content: Buffer.from([0xff]) }]),
      /not text in UTF-8/,
    ],
    [
      'with a padded namespace without an entry for unknown tokens',
      tarGz([...archiveMembers(), { name: 'vocabulary/x.txt', content: 'a\n' }]),
      /x.txt has no @@UNKNOWN@@/,
    ],
    [
      'whose config.json has no model',
      tarGz(archiveMembers({ config: '{"dataset_reader": {}}' })),
      /config.json: model: is missing/,
    ],
    [
      'that is an ensemble',
      tarGz(
        archiveMembers({
          config: '{"dataset_reader": {}, "model": {"type": "bidaf-ensemble", "submodels": []}}',
        }),
      ),
      /ensemble 'bidaf-ensemble'/,
    ],
  ])('%s', async (_, content, message) => {
    await expect(openArchive(write(content))).rejects.toThrow(message);
  });

  it('that is not there, or is a folder', async () => {
    await expect(openArchive(join(root, 'none.tar.gz'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(openArchive(root)).rejects.toThrow(/is a folder, where an archive is expected/);
  });
});

describe.skipIf(!hasArchives)('archives of AllenNLP (skipped without ../shared/allennlp)', () => {
  it('are opened, with every tensor finite', async () => {
    for (const name of listArchives()) {
      const inner = archivePath('basic_classifier');
      const base = name === 'basic_classifier_from_archive' ? inner : hubPath(name);
      const archive = await openArchive(archivePath(name), { base });
      const names = [...archive.tensorNames()];
      expect(names.length, name).toBeGreaterThan(0);
      for (const tensor of names)
        expect(archive.tensor(tensor).data.every(Number.isFinite), tensor).toBe(true);
      archive.close();
    }
    expect(existsSync(archivePath('basic_classifier'))).toBe(true);
  });
});
