/** The file system that functions see: merged layers, their code, and a /tmp for each environment. */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { DefinedFunction } from '../function-definition.ts';

/** Lies outside this repository, for a package that a layer lacks must not be found in its node_modules. */
export class WorkFolder {
  readonly root = mkdtempSync(join(tmpdir(), 'pilotlight-lambda-'));

  /** Copies the code and merges the layers of a function, once for all of its environments. */
  place({ name, taskRoot, layers }: DefinedFunction): { readonly task: string; readonly opt: string } {
    const task = join(this.root, 'task', name);
    const opt = join(this.root, 'opt', name);
    cpSync(taskRoot, task, { recursive: true });
    mkdirSync(opt, { recursive: true });
    for (const layer of layers) merge(layer, opt);
    for (const folder of [task, opt]) setModes(folder, folder === task);
    return { task, opt };
  }

  /** Links the files of a package of code, which has too many bytes to copy. */
  placeLinked(name: string, folder: string): string {
    const task = join(this.root, 'task', name);
    mkdirSync(task, { recursive: true });
    merge(folder, task);
    setModes(task, false);
    return task;
  }

  /** A new /tmp. */
  tmp(environment: string): string {
    const folder = join(this.root, 'tmp', environment);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  removeTmp(environment: string): void {
    rmSync(join(this.root, 'tmp', environment), { recursive: true, force: true });
  }

  remove(): void {
    for (const folder of folders(this.root)) chmodSync(folder, 0o755);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Hard links, because a package behind a symbolic link would look for its dependencies where the link leads. */
function merge(layer: string, opt: string): void {
  for (const entry of readdirSync(layer, { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    const target = join(opt, relative(layer, source));
    if (entry.isDirectory()) mkdirSync(target, { recursive: true });
    else link(source, target);
  }
}

function link(source: string, target: string): void {
  rmSync(target, { force: true });
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** Read-only, as on Lambda. Files of layers keep their modes, which they share with the files of the build. */
function setModes(root: string, files: boolean): void {
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (files && entry.isFile()) chmodSync(join(entry.parentPath, entry.name), 0o444);
  }
  for (const folder of folders(root)) chmodSync(folder, 0o555);
}

function folders(root: string): string[] {
  const inside = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return [root, ...inside.map(({ parentPath, name }) => join(parentPath, name))];
}
