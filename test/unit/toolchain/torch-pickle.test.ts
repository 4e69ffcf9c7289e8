import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader } from '../../../model-assets/toolchain/src/torch/byte-reader.ts';
import { PickleRefusal } from '../../../model-assets/toolchain/src/torch/globals.ts';
import { readPickle } from '../../../model-assets/toolchain/src/torch/pickle.ts';
import {
  PickleList,
  PickleTuple,
  type PickleValue,
} from '../../../model-assets/toolchain/src/torch/values.ts';
import {
  APPENDS,
  EMPTY_DICT,
  EMPTY_LIST,
  EMPTY_TUPLE,
  get,
  global,
  integer,
  MARK,
  NONE,
  pickle,
  put,
  REDUCE,
  text,
  tuple,
} from '../../fixtures/pickles.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();
const path = join(root, 'pickle');

/** The value, or the reason why it is refused. */
function read(content: Buffer): PickleValue | { refused: string } {
  writeFileSync(path, content);
  const descriptor = openSync(path, 'r');
  try {
    return readPickle(new ByteReader(descriptor, 0, content.length));
  } catch (error) {
    if (error instanceof PickleRefusal) return { refused: error.reason };
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Without a look at what the items are: there can be more of them than atoms. */
const countItems = (value: unknown) =>
  value instanceof PickleList || value instanceof PickleTuple ? value.items.length : undefined;

const refusal = (pattern: RegExp) => ({ refused: expect.stringMatching(pattern) });
const opcode = (...bytes: readonly number[]) => Buffer.from(bytes);

describe('a pickle', () => {
  it('may hold whole numbers of any size', () => {
    expect(read(pickle(integer(-5)))).toBe(-5);
    expect(read(pickle(opcode(0x8a, 2, 0xff, 0x7f)))).toBe(32767n);
    expect(read(pickle(opcode(0x8a, 1, 0xff)))).toBe(-1n);
    expect(read(pickle(opcode(0x8a, 0)))).toBe(0n);
  });

  it('may hold lists, dictionaries and tuples', () => {
    expect(read(pickle(EMPTY_LIST, MARK, text('é'), NONE, APPENDS))).toMatchObject({ items: ['é', null] });
    expect(read(pickle(integer(1), integer(2), opcode(0x86)))).toMatchObject({ items: [1, 2] });
  });

  it.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'getattr'],
    ['torch.storage', '_load_from_bytes'],
    ['torch._utils', '__class__'],
    ['numpy.core.multiarray', 'scalar'],
    ['__proto__', 'x'],
    ['constructor', ''],
  ])('that calls for %s.%s is refused by that name', (module, name) => {
    const call = pickle(global(module, name), tuple(text('touch /tmp/owned')), REDUCE);
    expect(read(call)).toEqual(refusal(new RegExp(`calls for '${module.replaceAll('.', '\\.')}\\.${name}'`)));
    expect(read(pickle(text(module), text(name), opcode(0x93)))).toEqual(refusal(/calls for/));
  });

  it.each([
    ['INST', opcode(0x28, 0x69)],
    ['OBJ', opcode(0x28, 0x6f)],
    ['NEWOBJ', Buffer.concat([EMPTY_DICT, EMPTY_TUPLE, opcode(0x81)])],
    ['NEWOBJ_EX', opcode(0x92)],
    ['EXT1', opcode(0x82, 1)],
    ['PERSID', Buffer.from('Px\n')],
    ['BYTEARRAY8', opcode(0x96)],
    ['POP', opcode(0x30)],
    ['0xfe', opcode(0xfe)],
  ])('with the opcode %s is refused by that name', (name, content) => {
    expect(read(pickle(content))).toEqual(refusal(new RegExp(`the opcode ${name} at byte`)));
  });

  it('that calls a value, or a function with other arguments, is refused', () => {
    expect(read(pickle(integer(1), EMPTY_TUPLE, REDUCE))).toEqual(refusal(/calls what is not a function/));
    expect(read(pickle(global('torch', 'FloatStorage'), EMPTY_TUPLE, REDUCE))).toEqual(
      refusal(/type of values only/),
    );
    expect(read(pickle(global('torch._utils', '_rebuild_tensor_v2'), EMPTY_TUPLE, REDUCE))).toEqual(
      refusal(/no storage/),
    );
    expect(read(pickle(global('collections', 'OrderedDict'), integer(1), REDUCE))).toEqual(
      refusal(/without arguments/),
    );
  });

  it('whose tensor is a negative view is refused, because its values are not those that are stored', () => {
    const storage = [
      tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), integer(1)),
      Buffer.from('Q'),
    ];
    const metadata = Buffer.concat([EMPTY_DICT, MARK, text('neg'), opcode(0x88), Buffer.from('u')]);
    const args = [Buffer.concat(storage), integer(0), EMPTY_TUPLE, EMPTY_TUPLE, NONE, NONE, metadata];
    const call = pickle(global('torch._utils', '_rebuild_tensor_v2'), tuple(...args), REDUCE);
    expect(read(call)).toEqual(refusal(/conjugate or negative view/));
  });

  it('that doubles a tuple a hundred times takes no more than its bytes', () => {
    const doubling = Array.from({ length: 100 }, (_, index) => [
      tuple(index === 0 ? text('ha') : get(index - 1), index === 0 ? text('ha') : get(index - 1)),
      put(index),
    ]);
    expect(countItems(read(pickle(...doubling.flat())))).toBe(2);
  });

  it('that holds itself does not keep the reader', () => {
    expect(countItems(read(pickle(EMPTY_LIST, put(0), MARK, get(0), APPENDS)))).toBe(1);
  });

  it('that is nested too deeply, or has too many values, is refused', () => {
    expect(read(pickle(Buffer.alloc(1_000, '(')))).toEqual(refusal(/nested too deeply/));
    expect(read(pickle(Buffer.alloc(1_000_001, 'N')))).toEqual(refusal(/more than 1000000 values/));
    expect(read(pickle(Buffer.from('X'), opcode(0xff, 0xff, 0xff, 0x7f)))).toEqual(
      refusal(/a text of 2147483647 bytes/),
    );
  });

  it.each([
    ['takes what it has not put down', REDUCE],
    ['goes back to no mark', Buffer.from('t')],
    ['asks for an empty place of its memo', get(7)],
    ['appends to no list', Buffer.concat([integer(1), MARK, APPENDS])],
    ['sets a key without a value', Buffer.concat([EMPTY_DICT, MARK, integer(1), Buffer.from('u')])],
    ['is of protocol 0', opcode(0x80, 0)],
    ['refers to something that is no storage', Buffer.concat([text('x'), Buffer.from('Q')])],
  ])('that %s is refused', (_, content) => {
    expect(read(pickle(content))).toEqual(refusal(/./));
  });

  it('of any bytes whatsoever is read or refused, and never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        read(Buffer.from([...bytes, 0x2e]));
      }),
      { numRuns: 500 },
    );
  });

  it.skipIf(!hasPython())('of Python itself is read as it was written (skipped without python3)', () => {
    const program = `import pickle,sys,collections
value=[1,-2,300,70000,2**40,-2**70,1.5,True,False,None,'h\\u00e9',(1,),(1,2),(1,2,3),(1,2,3,4),{'a':[1]},collections.OrderedDict(b=2)]
for protocol in (2,3,4,5): sys.stdout.buffer.write(pickle.dumps(value,protocol))`;
    const bytes = execFileSync('python3', ['-c', program]);
    writeFileSync(path, bytes);
    const reader = new ByteReader(openSync(path, 'r'), 0, bytes.length);
    for (let protocol = 2; protocol <= 5; protocol++) {
      expect(readPickle(reader)).toMatchObject({
        items: [
          1,
          -2,
          300,
          70000,
          2n ** 40n,
          -(2n ** 70n),
          1.5,
          true,
          false,
          null,
          'hé',
          ...tuples(1, 2, 3, 4),
          {},
          {},
        ],
      });
    }
  });
});

const tuples = (...lengths: readonly number[]) =>
  lengths.map((length) => ({ items: Array.from({ length }, (_, index) => index + 1) }));

function hasPython(): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'python3')));
}
