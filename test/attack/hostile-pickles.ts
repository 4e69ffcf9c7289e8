/** Archives whose weights are pickles that no honest program writes. */
import { archiveMembers, tarGz } from '../fixtures/archives.ts';
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
import { torchLegacy, torchZip } from '../fixtures/torch.ts';
import { cases } from '../scale.ts';

export interface HostileArchive {
  readonly name: string;
  readonly content: Buffer;
}

const LAYOUTS = ['zip', 'legacy'] as const;
/** They take seconds; both layouts have the same reader of pickles. */
const COSTLY: readonly string[] = ['200,000 lists in lists', 'a million values and one more'];
const archive = (weights: Buffer): Buffer => tarGz(archiveMembers({ weights }));

const one = { key: '0', size: 4, bytes: Buffer.alloc(4) };
const saved = (...parts: readonly Buffer[]) => [
  archive(torchZip(pickle(...parts), [one])),
  archive(torchLegacy(pickle(...parts), [one])),
];

/** `canary` is the file that they would write. */
export function hostilePickles(canary: string): HostileArchive[] {
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
      saved(...each)
        .map((content, layout) => ({ name: `${LAYOUTS[layout]} pickle with ${name}`, content }))
        .slice(0, COSTLY.includes(name) ? cases({ short: 1, long: LAYOUTS.length }) : LAYOUTS.length),
    ),
    ...Object.entries(tensors).map(([name, each]) => ({
      name: `pickle with ${name}`,
      content: archive(torchZip(stateDict([['a', each]]), [one])),
    })),
  ];
}
