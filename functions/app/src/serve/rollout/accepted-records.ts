/** The last records that were accepted whole, in a folder: for a start while the registry does not answer. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '@pilotlight/model-format/internal/package/system';
import { parseRecord, REGISTRY_FOLDER, type RegistryRecord } from '@pilotlight/model-format/registry';

export class AcceptedRecords {
  readonly #folder: string;

  /** `folder`: the one that packages are fetched to. */
  constructor(folder: string) {
    this.#folder = join(folder, REGISTRY_FOLDER);
  }

  /** Nothing where none was kept. @throws PilotlightError REGISTRY_INVALID, and errors of the file system */
  async read(name: string): Promise<RegistryRecord | undefined> {
    try {
      return parseRecord(await readFile(join(this.#folder, `${name}.json`), 'utf8'), name);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** Whoever is killed meanwhile leaves the record before or this one. */
  async write(name: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const beside = join(this.#folder, `${name}.json.${process.pid}`);
    await writeFile(beside, text);
    await rename(beside, join(this.#folder, `${name}.json`));
  }
}
