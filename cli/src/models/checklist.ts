import {
  checklistMarkdown,
  GOLDENS_TITLE,
  makeChecklist,
} from '@pilotlight/lifecycle/internal/checklist/checklist';
import { selectPackages } from '@pilotlight/toolchain/internal/package/packages-folder';
import { packagesFolder } from '../clone.ts';
import { EXIT, type Terminal } from '../kit/command.ts';
import { usageError } from '../kit/errors.ts';
import type { ChecklistLine } from './checklist-options.ts';
import { readKeys } from './signed-by.ts';

/** Gives the exit code 1 where the goldens are not answered. @throws CliError USAGE; EngineError, LifecycleError */
export async function checklist(
  { values, positionals }: ChecklistLine,
  { stdout }: Terminal,
): Promise<number> {
  const [selection, more] = positionals;
  if (selection === undefined || selection === 'all' || more !== undefined)
    throw usageError('checklist takes one model, such as sentiment or sentiment@1.0.1.');
  const { texts, report: reports } = values;
  const keys = readKeys(values['signed-by']);
  const packages = packagesFolder(values.packages);
  const entry = (await selectPackages(packages, selection)).at(-1);
  if (entry === undefined) throw usageError(`There is no package ${selection}.`);
  const made = await makeChecklist(packages, entry, {
    ...(texts !== undefined && { texts }),
    ...(reports !== undefined && { reports }),
    ...(keys !== undefined && { keys }),
  });
  stdout.write(values.json ? `${JSON.stringify(made, null, 2)}\n` : checklistMarkdown(made));
  const proven = made.items.some(({ title, done }) => title === GOLDENS_TITLE && done);
  return proven ? EXIT.ok : EXIT.failed;
}
