/** AllenNLP archives as accidents and attackers leave them. All are made anew from seeds, and each must be refused. */
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  type ArchiveContent,
  archiveMembers,
  CLASSIFIER_TENSORS,
  CLASSIFIER_VOCABULARY,
  type TarMember,
  tar,
  tarGz,
  weights,
} from '../fixtures/archives.ts';
import { Random } from '../fixtures/random.ts';
import { LONG } from '../scale.ts';
import { type HostileArchive, hostilePickles } from './hostile-pickles.ts';

export type { HostileArchive };

const LAYOUTS = ['zip', 'legacy'] as const;
const whole = tarGz(archiveMembers());
const archive = (content: ArchiveContent): Buffer => tarGz(archiveMembers(content));
const with1 = (member: TarMember): Buffer => tarGz([...archiveMembers(), member]);

/** 300 and some; `canary` is the file that hostile pickles and paths would write. */
export function hostileArchives(canary: string): HostileArchive[] {
  return [
    ...flippedBytes(90),
    ...truncated(50),
    ...damagedWeights(60),
    ...renamedTensors(),
    ...otherShapes(),
    ...otherVocabularies(),
    ...hostilePickles(canary),
    ...pathsThatLeadOut(canary),
    ...bombs(),
    ...hostileConfigurations(),
  ];
}

/** Behind a header of 10 bytes gzip has a sum of everything; a few bits say the same in another way, and are left as they are. */
function flippedBytes(count: number): HostileArchive[] {
  const random = new Random(1);
  const unpacked = gunzipSync(whole);
  const flipped: HostileArchive[] = [];
  while (flipped.length < count) {
    const at = 10 + random.below(whole.length - 10);
    const bit = random.below(8);
    const content = Buffer.from(whole);
    content.writeUInt8(content.readUInt8(at) ^ (1 << bit), at);
    if (!unpacksTo(content, unpacked)) flipped.push({ name: `bit ${bit} of byte ${at} flipped`, content });
  }
  return flipped;
}

function unpacksTo(content: Buffer, expected: Buffer): boolean {
  try {
    return gunzipSync(content).equals(expected);
  } catch {
    return false;
  }
}

function truncated(count: number): HostileArchive[] {
  const random = new Random(2);
  return Array.from({ length: count }, () => {
    const length = random.below(whole.length);
    return { name: `cut to ${length} bytes`, content: whole.subarray(0, length) };
  });
}

/** Packed again, so that gzip's own sum fits. */
function damagedWeights(count: number): HostileArchive[] {
  const random = new Random(3);
  return Array.from({ length: count }, (_, index) => {
    const layout = LAYOUTS[index % 2] ?? 'zip';
    const file = weights(CLASSIFIER_TENSORS, layout);
    if (index % 3 === 0 || layout === 'legacy') {
      const length = random.below(file.length);
      return {
        name: `${layout} weights cut to ${length} bytes`,
        content: archive({ weights: file.subarray(0, length) }),
      };
    }
    // The content of the first record, the pickle, of which the zip file has a sum.
    const at = 46 + random.below(300);
    file.writeUInt8(file.readUInt8(at) ^ (1 << random.below(8)), at);
    return { name: `zip weights with a bit flipped at byte ${at}`, content: archive({ weights: file }) };
  });
}

function renamedTensors(): HostileArchive[] {
  return LAYOUTS.flatMap((layout) =>
    Object.keys(CLASSIFIER_TENSORS).flatMap((renamed) =>
      [`module.${renamed}`, renamed.toUpperCase(), '', `${renamed}\0`, '__proto__'].map((name) => {
        const tensors = Object.entries(CLASSIFIER_TENSORS).map(
          ([each, dims]) => [each === renamed ? name : each, dims] as const,
        );
        return {
          name: `${layout} weights with ${renamed} called '${name}'`,
          content: archive({ weights: weights(Object.fromEntries(tensors), layout) }),
        };
      }),
    ),
  );
}

function otherShapes(): HostileArchive[] {
  const shapes = [[], [0], [1], [3], [2, 5], [4, 2], [1, 2, 4], [0, 4]];
  return LAYOUTS.flatMap((layout) =>
    Object.keys(CLASSIFIER_TENSORS).flatMap((changed) =>
      shapes.map((dims) => ({
        name: `${layout} weights with ${changed} of shape [${dims}]`,
        content: archive({ weights: weights({ ...CLASSIFIER_TENSORS, [changed]: dims }, layout) }),
      })),
    ),
  );
}

function otherVocabularies(): HostileArchive[] {
  const vocabularies = {
    'more tokens than rows': { 'tokens.txt': '@@UNKNOWN@@\na\nb\nc\nd\ne\n' },
    'more labels than rows': { 'labels.txt': 'no\nyes\nmaybe\n' },
    'no entry for unknown tokens': { 'tokens.txt': 'a\nb\nc\nd\ne\n' },
    'labels that are padded': { 'non_padded_namespaces.txt': '*tags\n' },
  };
  return Object.entries(vocabularies).map(([name, files]) => ({
    name,
    content: archive({ vocabulary: { ...CLASSIFIER_VOCABULARY, ...files } }),
  }));
}

function pathsThatLeadOut(canary: string): HostileArchive[] {
  const names = [
    `../${'../'.repeat(20)}${canary}`,
    canary,
    'vocabulary/../../owned.txt',
    './../owned',
    'vocabulary/..',
    'C:\\owned',
    '..\\owned',
    'vocabulary\\tokens.txt',
  ];
  const types: Readonly<Record<string, string>> = {
    '1': 'a hard link',
    '2': 'a symbolic link',
    '3': 'a character device',
    '4': 'a block device',
    '6': 'a pipe',
    S: 'a sparse file',
    Z: 'of a type of its own',
  };
  return [
    ...names.map((name) => ({
      name: `a file called ${name}`,
      content: with1({ name: name.slice(0, 99), content: 'x' }),
    })),
    ...Object.entries(types).flatMap(([type, what]) =>
      ['vocabulary/x.txt', 'weights.th'].map((name) => ({
        name: `${name} that is ${what}`,
        content: tarGz([{ name, type, link: '/etc/passwd' }, ...archiveMembers()]),
      })),
    ),
    {
      name: 'a link to a folder, and a file in it',
      content: tarGz([{ name: 'vocabulary', type: '2', link: '/tmp' }, ...archiveMembers()]),
    },
    {
      name: 'a path that leads out in a header of pax',
      content: tarGz([
        ...archiveMembers(),
        { name: 'x', type: 'x', content: '21 path=../../owned\n' },
        { name: 'y' },
      ]),
    },
  ];
}

function bombs(): HostileArchive[] {
  const gigabyte = 2 ** 30;
  const megabyte = gzipSync(Buffer.alloc(2 ** 20));
  const zeros = Buffer.concat(Array.from({ length: 1_024 }, () => megabyte));
  const before = (member: TarMember) => gzipSync(tar([member]).subarray(0, 512));
  return [
    ...(LONG ? [{ name: '1 GB of zeros', content: zeros }] : []),
    {
      name: '1 GB of zeros for weights',
      content: Buffer.concat([before({ name: 'weights.th', bytes: gigabyte }), zeros]),
    },
    {
      name: '1 GB of zeros for a file that is not read',
      content: Buffer.concat([before({ name: 'other.bin', bytes: gigabyte }), zeros]),
    },
    {
      name: '1 GB of zeros for a vocabulary',
      content: Buffer.concat([before({ name: 'vocabulary/x.txt', bytes: gigabyte }), zeros]),
    },
    { name: 'a file that is said to have 8 GB', content: tarGz([{ name: 'config.json', bytes: 2 ** 32 }]) },
    {
      name: '20,000 files',
      content: tarGz(Array.from({ length: 20_000 }, (_, index) => ({ name: `f${index}` }))),
    },
  ];
}

function hostileConfigurations(): HostileArchive[] {
  const configurations: Readonly<Record<string, string>> = {
    'no JSON': '{',
    'a variable of the environment': '{model: std.extVar("HOME"), dataset_reader: {}}',
    'an import': 'import "/etc/passwd"',
    'lists 100,000 deep': '['.repeat(100_000),
    'a key of prototypes': '{"__proto__": {"model": {}}, "dataset_reader": {}}',
    'a model without a type': '{"model": {}, "dataset_reader": {}}',
    'a model of the team': '{"model": {"type": "os.system"}, "dataset_reader": {}}',
    'another archive out of the folder':
      '{"model": {"type": "from_archive", "archive_file": "/etc/passwd"}, "dataset_reader": {}}',
    'an ensemble':
      '{"model": {"type": "bidaf-ensemble", "submodels": ["/etc/passwd"]}, "dataset_reader": {}}',
  };
  return Object.entries(configurations).map(([name, config]) => ({
    name: `config.json with ${name}`,
    content: archive({ config }),
  }));
}
