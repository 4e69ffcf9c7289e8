/** A package of the repository, and what somebody may do to a copy of it. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const PACKAGES = new URL('../../model-assets/packages/', import.meta.url).pathname;
export const MODEL = { name: 'sentiment', version: '1.0.1' } as const;

/** A copy of the package in a packages folder of its own. */
export class TamperedPackage {
  readonly packages = mkdtempSync(join(tmpdir(), 'pilotlight-tampered-'));
  readonly folder = join(this.packages, MODEL.name, MODEL.version);

  constructor() {
    cpSync(join(PACKAGES, MODEL.name, MODEL.version), this.folder, { recursive: true });
  }

  remove(): void {
    rmSync(this.packages, { recursive: true });
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  read(file: string): Buffer {
    return readFileSync(this.path(file));
  }

  /** Writes a file without a word of it in the manifest. */
  write(file: string, content: string | Uint8Array): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), content);
  }

  /** Writes a file and its sum into the manifest, wherever that names the file, as somebody would who wants it to pass. */
  sign(file: string, content: string | Uint8Array): void {
    this.write(file, content);
    const bytes = this.read(file);
    const sum = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    this.editManifest((text) =>
      JSON.stringify(JSON.parse(text, (_, value) => (value?.path === file ? { path: file, ...sum } : value))),
    );
  }

  editManifest(edit: (text: string) => string): void {
    this.write('model.json', edit(this.read('model.json').toString()));
  }

  /** Changes fields of the manifest; a path leads to the object that has them. */
  set(path: readonly string[], changes: object): void {
    this.editManifest((text) => {
      const manifest = JSON.parse(text);
      const target = path.reduce((object, key) => object[key], manifest);
      Object.assign(target, changes);
      return JSON.stringify(manifest);
    });
  }

  editGoldens(edit: (lines: string[]) => readonly string[]): void {
    const lines = this.read('goldens.jsonl').toString().trimEnd().split('\n');
    this.sign('goldens.jsonl', `${edit(lines).join('\n')}\n`);
  }

  flip(file: string, share: number): void {
    const bytes = this.read(file);
    const at = Math.min(Math.floor(share * bytes.length), bytes.length - 1);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 0x41, at);
    this.write(file, bytes);
  }

  /** Puts something else where a file was. */
  replace(
    file: string,
    kind: 'nothing' | 'folder' | 'pipe' | 'device' | 'link out' | 'link to itself',
  ): void {
    const path = this.path(file);
    const content = readFileSync(path);
    rmSync(path);
    if (kind === 'folder') mkdirSync(path);
    if (kind === 'pipe') execFileSync('mkfifo', [path]);
    if (kind === 'device') symlinkSync('/dev/zero', path);
    if (kind === 'link to itself') symlinkSync(path, path);
    if (kind !== 'link out') return;
    writeFileSync(join(this.packages, 'elsewhere'), content);
    symlinkSync(join(this.packages, 'elsewhere'), path);
  }

  /** Edits the goldens' lines as objects; the first is the header. */
  editGoldenObjects(
    edit: (header: Record<string, unknown>, goldens: Record<string, unknown>[]) => void,
  ): void {
    this.editGoldens((lines) => {
      const [header = {}, ...goldens]: Record<string, unknown>[] = lines.map((line) => JSON.parse(line));
      edit(header, goldens);
      return [header, ...goldens].map((line) => JSON.stringify(line));
    });
  }
}
