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
import {
  APPENDS,
  EMPTY_LIST,
  EMPTY_TUPLE,
  get,
  global,
  integer,
  MARK,
  pickle,
  put,
  REDUCE,
  SETITEMS,
  stateDict,
  tensor,
  text,
  tuple,
} from '../fixtures/pickles.ts';
import { Random } from '../fixtures/random.ts';
import { torchLegacy, torchZip } from '../fixtures/torch.ts';

export interface HostileArchive {
  readonly name: string;
  readonly content: Buffer;
}

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

const one = { key: '0', size: 4, bytes: Buffer.alloc(4) };
const saved = (...parts: readonly Buffer[]) => [
  archive({ weights: torchZip(pickle(...parts), [one]) }),
  archive({ weights: torchLegacy(pickle(...parts), [one]) }),
];

function hostilePickles(canary: string): HostileArchive[] {
  const command = text(`touch ${canary}`);
  const calls = [
    'os.system',
    'posix.system',
    'nt.system',
    'subprocess.call',
    'builtins.eval',
    'builtins.exec',
  ];
  const fetches = ['builtins.getattr', 'torch.hub.load', 'torch.storage._load_from_bytes', 'runpy.run_path'];
  const parts: Record<string, Buffer[]> = {
    'REDUCE of a class': [global('torch', 'FloatStorage'), EMPTY_TUPLE, REDUCE],
    'REDUCE of a text': [text('os.system'), tuple(command), REDUCE],
    'INST of os.system': [MARK, command, Buffer.from('ios\nsystem\n')],
    'OBJ of os.system': [MARK, Buffer.from('cos\nsystem\n'), command, Buffer.from('o')],
    NEWOBJ: [global('collections', 'OrderedDict'), EMPTY_TUPLE, Buffer.from([0x81])],
    'an extension': [Buffer.from([0x82, 1])],
    'STACK_GLOBAL of os.system': [text('os'), text('system'), Buffer.from([0x93]), tuple(command), REDUCE],
    'a name with a path in it': [text('os'), text('../system'), Buffer.from([0x93])],
    'a persistent id that is a path': [text(canary), Buffer.from('Q')],
    'BUILD of a class': [global('collections', 'OrderedDict'), Buffer.from('}b')],
    'a thousand marks': [Buffer.alloc(1_000, '(')],
    '200,000 lists in lists': [Buffer.alloc(200_000, ']'), Buffer.alloc(199_999, 'a')],
    'a memo of doubled tuples': [
      ...Array.from({ length: 200 }, (_, index) => {
        const item = index === 0 ? text('ha') : get(index - 1);
        return Buffer.concat([tuple(item, item), put(index)]);
      }),
    ],
    'a memo of doubled lists': [
      ...Array.from({ length: 200 }, (_, index) => {
        const items = index === 0 ? [text('ha')] : [get(index - 1), get(index - 1)];
        return Buffer.concat([EMPTY_LIST, MARK, ...items, APPENDS, put(index)]);
      }),
    ],
    'a dictionary that holds itself': [Buffer.from('}'), put(0), MARK, text('a'), get(0), SETITEMS],
    'a text of 2 GB': [Buffer.from('X'), Buffer.from([0xff, 0xff, 0xff, 0x7f])],
    'a memo that is never filled': [get(4_000_000)],
    'a million values and one more': [Buffer.alloc(1_000_001, 'N')],
    'a number for a state dict': [integer(1)],
  };
  for (const name of [...calls, ...fetches]) {
    const dot = name.lastIndexOf('.');
    parts[`GLOBAL ${name}`] = [global(name.slice(0, dot), name.slice(dot + 1)), tuple(command), REDUCE];
  }
  const tensors: Record<string, Buffer> = {
    'a tensor of 2 TB over 4 bytes': tensor({
      key: '0',
      type: 'FloatStorage',
      length: 1,
      dims: [2 ** 30, 512],
      strides: [0, 0],
    }),
    'a storage that is not there': tensor({
      key: '../../etc/passwd',
      type: 'FloatStorage',
      length: 1,
      dims: [1],
    }),
    'an offset behind the storage': tensor({
      key: '0',
      type: 'FloatStorage',
      length: 1,
      offset: 9,
      dims: [1],
    }),
    'a type that is unknown': tensor({ key: '0', type: 'QInt8Storage', length: 1, dims: [1] }),
  };
  return [
    ...Object.entries(parts).flatMap(([name, each]) =>
      saved(...each).map((content, layout) => ({ name: `${LAYOUTS[layout]} pickle with ${name}`, content })),
    ),
    ...Object.entries(tensors).map(([name, each]) => ({
      name: `pickle with ${name}`,
      content: archive({ weights: torchZip(stateDict([['a', each]]), [one]) }),
    })),
  ];
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
    { name: '1 GB of zeros', content: zeros },
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
