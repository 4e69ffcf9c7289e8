/**
 * A reader of pickles that runs nothing: a stack and a memo as the protocol has them (https://peps.python.org/pep-0307/, pickletools of
 * Python), for the opcodes that tensors need. Every other opcode is refused by its name. What it takes is bounded by the bytes that are read.
 */
import type { ByteReader } from './byte-reader.ts';
import { callGlobal, findGlobal, findStorage, PickleRefusal } from './globals.ts';
import { describeOpcode, OPCODE } from './opcodes.ts';
import { readScalar } from './scalars.ts';
import { type Dtype, PickleDict, PickleList, PickleTuple, type PickleValue } from './values.ts';

/** The largest pickle of weights that is read: it has about 150 bytes for each tensor. */
const MAX_BYTES = 16 * 2 ** 20;
/** A tensor takes about 15 values. */
const MAX_VALUES = 1_000_000;
const MAX_MARKS = 100;

/** The types of the elements of storages by their keys. */
export type StorageTypes = Map<string, Dtype>;

/**
 * Reads the pickle that stands at the place of `reader`, up to its STOP, and adds the storages that it refers to.
 *
 * @throws PickleRefusal
 */
export function readPickle(reader: ByteReader, storages: StorageTypes = new Map()): PickleValue {
  return new PickleMachine(reader, storages).run();
}

class PickleMachine {
  readonly #reader: ByteReader;
  readonly #storages: StorageTypes;
  readonly #start: number;
  #values = 0;
  #stack: PickleValue[] = [];
  /** The stacks below each MARK. */
  readonly #below: PickleValue[][] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(reader: ByteReader, storages: StorageTypes) {
    this.#reader = reader;
    this.#storages = storages;
    this.#start = reader.position;
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.#take(1).readUInt8();
      if (opcode === OPCODE.STOP) return this.#pop();
      this.#step(opcode);
    }
  }

  #step(opcode: number): void {
    const isKnown =
      this.#control(opcode) || this.#memoise(opcode) || this.#collect(opcode) || this.#scalar(opcode);
    if (isKnown) return;
    throw new PickleRefusal(
      `it has the opcode ${describeOpcode(opcode)} at byte ${this.#reader.position - 1}, which tensors do not need`,
    );
  }

  #control(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.PROTO:
        this.#protocol();
        return true;
      case OPCODE.FRAME:
        this.#take(8);
        return true;
      case OPCODE.MARK:
        this.#mark();
        return true;
      case OPCODE.GLOBAL:
        this.#push(findGlobal(this.#line(), this.#line()));
        return true;
      case OPCODE.STACK_GLOBAL:
        this.#stackGlobal();
        return true;
      case OPCODE.REDUCE:
        this.#reduce();
        return true;
      case OPCODE.BUILD:
        this.#build();
        return true;
      case OPCODE.BINPERSID:
        this.#refer();
        return true;
      default:
        return false;
    }
  }

  #reduce(): void {
    const args = this.#pop();
    this.#push(callGlobal(this.#pop(), args));
  }

  #refer(): void {
    const storage = findStorage(this.#pop());
    const known = this.#storages.get(storage.key) ?? storage.dtype;
    if (known !== storage.dtype) {
      throw new PickleRefusal(`it reads one storage as ${known} and as ${storage.dtype}`);
    }
    this.#storages.set(storage.key, storage.dtype);
    this.#push(storage);
  }

  #protocol(): void {
    const version = this.#take(1).readUInt8();
    if (version < 2 || version > 5) throw new PickleRefusal(`it is of protocol ${version}; 2 to 5 are read`);
  }

  #mark(): void {
    if (this.#below.length >= MAX_MARKS) throw new PickleRefusal('it is nested too deeply');
    this.#below.push(this.#stack);
    this.#stack = [];
  }

  #stackGlobal(): void {
    const name = this.#pop();
    const module = this.#pop();
    if (typeof name !== 'string' || typeof module !== 'string') {
      throw new PickleRefusal('it has a global whose name is not text');
    }
    this.#push(findGlobal(module, name));
  }

  /** State of an OrderedDict, `_metadata` of state_dict(), says nothing of the weights. */
  #build(): void {
    const state = this.#pop();
    if (!(this.#top() instanceof PickleDict) || !(state instanceof PickleDict)) {
      throw new PickleRefusal('it sets the state of an object that is no dictionary');
    }
  }

  #memoise(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.BINPUT:
        this.#memo.set(this.#take(1).readUInt8(), this.#top());
        return true;
      case OPCODE.LONG_BINPUT:
        this.#memo.set(this.#take(4).readUInt32LE(), this.#top());
        return true;
      case OPCODE.MEMOIZE:
        this.#memo.set(this.#memo.size, this.#top());
        return true;
      case OPCODE.BINGET:
        this.#push(this.#remembered(this.#take(1).readUInt8()));
        return true;
      case OPCODE.LONG_BINGET:
        this.#push(this.#remembered(this.#take(4).readUInt32LE()));
        return true;
      default:
        return false;
    }
  }

  #remembered(index: number): PickleValue {
    const value = this.#memo.get(index);
    if (value === undefined) throw new PickleRefusal(`it refers to ${index} of its memo, which is empty`);
    return value;
  }

  #collect(opcode: number): boolean {
    switch (opcode) {
      case OPCODE.EMPTY_DICT:
        this.#push(new PickleDict());
        return true;
      case OPCODE.EMPTY_LIST:
        this.#push(new PickleList());
        return true;
      case OPCODE.EMPTY_TUPLE:
        this.#push(new PickleTuple([]));
        return true;
      case OPCODE.TUPLE:
        this.#push(new PickleTuple(this.#popMarked()));
        return true;
      case OPCODE.TUPLE1:
      case OPCODE.TUPLE2:
      case OPCODE.TUPLE3: {
        const items = Array.from({ length: opcode - OPCODE.TUPLE1 + 1 }, () => this.#pop());
        this.#push(new PickleTuple(items.reverse()));
        return true;
      }
      case OPCODE.SETITEM:
        this.#setItems([this.#pop(), this.#pop()].reverse());
        return true;
      case OPCODE.SETITEMS:
        this.#setItems(this.#popMarked());
        return true;
      case OPCODE.APPEND:
        this.#append([this.#pop()]);
        return true;
      case OPCODE.APPENDS:
        this.#append(this.#popMarked());
        return true;
      default:
        return false;
    }
  }

  #setItems(items: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict)) throw new PickleRefusal('it sets an item of what is no dictionary');
    for (let index = 0; index < items.length; index += 2) {
      const [key, value] = items.slice(index, index + 2);
      if (key === undefined || value === undefined) throw new PickleRefusal('it sets a key without a value');
      dict.entries.set(key, value);
    }
  }

  #append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw new PickleRefusal('it appends to what is no list');
    for (const item of items) list.items.push(item);
  }

  #scalar(opcode: number): boolean {
    const value = readScalar(opcode, (length) => this.#take(length));
    if (value === undefined) return false;
    this.#push(value);
    return true;
  }

  #line(): string {
    const bytes: number[] = [];
    for (;;) {
      const byte = this.#take(1).readUInt8();
      if (byte === 0x0a) return Buffer.from(bytes).toString('utf8');
      if (bytes.length >= 1_000) throw new PickleRefusal('it has a name of more than 1,000 bytes');
      bytes.push(byte);
    }
  }

  #take(length: number): Buffer {
    const bytes = this.#reader.take(length);
    if (bytes === undefined) throw new PickleRefusal('it is truncated: it ends in the middle');
    if (this.#reader.position - this.#start > MAX_BYTES) {
      throw new PickleRefusal(`it is longer than ${MAX_BYTES} bytes`);
    }
    return bytes;
  }

  #push(value: PickleValue): void {
    this.#values += 1;
    if (this.#values > MAX_VALUES) throw new PickleRefusal(`it has more than ${MAX_VALUES} values`);
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw new PickleRefusal('it takes more than it has put down');
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new PickleRefusal('it takes more than it has put down');
    return value;
  }

  #popMarked(): PickleValue[] {
    const below = this.#below.pop();
    if (below === undefined) throw new PickleRefusal('it goes back to a mark that it has not set');
    const items = this.#stack;
    this.#stack = below;
    return items;
  }
}
