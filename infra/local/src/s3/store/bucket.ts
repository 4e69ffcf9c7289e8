/**
 * The objects of one bucket: an index in memory, and the bytes in files. An object is in the index once all of it is on
 * disk, so that nobody sees half of one; readers that have opened a file keep it when the object is replaced.
 */

import { S3Error } from '../errors.ts';
import { checkEndOfWrite, checkWrite, type WriteConditions } from './conditions.ts';
import { removeContent, type StoredObject } from './content.ts';

export class Bucket {
  readonly name: string;
  /** Holds the contents. */
  readonly folder: string;
  readonly #objects = new Map<string, StoredObject>();
  #keys: readonly string[] | undefined;

  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  find(key: string): StoredObject | undefined {
    return this.#objects.get(key);
  }

  /** @throws S3Error NoSuchKey */
  get(key: string): StoredObject {
    const object = this.#objects.get(key);
    if (object) return object;
    throw new S3Error('NoSuchKey', 'There is no such object.');
  }

  /**
   * @param begun - what lay at the key when the write began
   * @throws S3Error NoSuchKey, PreconditionFailed, ConditionalRequestConflict; the content is then removed
   */
  async put(
    key: string,
    object: Omit<StoredObject, 'modified'>,
    conditions: WriteConditions = {},
    begun: StoredObject | undefined = undefined,
  ): Promise<StoredObject> {
    const before = this.#objects.get(key);
    try {
      checkEndOfWrite(conditions, before, begun);
    } catch (error) {
      await removeContent(object);
      throw error;
    }
    const stored = { ...object, modified: new Date() };
    this.#objects.set(key, stored);
    if (before) await removeContent(before);
    else this.#keys = undefined;
    return stored;
  }

  /** Says whether there was one. @throws S3Error NoSuchKey, PreconditionFailed */
  async delete(key: string, conditions: WriteConditions = {}): Promise<boolean> {
    const before = this.#objects.get(key);
    checkWrite(conditions, before);
    if (!before) return false;
    this.#objects.delete(key);
    this.#keys = undefined;
    await removeContent(before);
    return true;
  }

  /** In the order of their bytes in UTF-8, which is S3's. */
  keys(): readonly string[] {
    this.#keys ??= [...this.#objects.keys()]
      .map((key) => ({ key, bytes: Buffer.from(key) }))
      .sort((one, other) => one.bytes.compare(other.bytes))
      .map(({ key }) => key);
    return this.#keys;
  }
}

export function compareKeys(one: string, other: string): number {
  return Buffer.from(one).compare(Buffer.from(other));
}
