/** SetFit: an encoder of sentence-transformers, and a classifier in a file beside it, in most models a pickle of scikit-learn. */
import { TASK_FACTS, type TaskName } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from './folder.ts';

/** The file of the classifier, or the one that says that there is one. */
function findHead(folder: Pick<SourceFolder, 'list'>): string | undefined {
  return folder.list().find((file) => /^model_head\.\w+$/.test(file) || file === 'config_setfit.json');
}

/** Throws SOURCE_UNSUPPORTED for a model whose classifier would be lost, unless it is the encoder that is asked for. */
export function refuseLostClassifier(folder: Pick<SourceFolder, 'list'>, asked: TaskName | undefined): void {
  const head = findHead(folder);
  if (head === undefined || (asked !== undefined && TASK_FACTS[asked].head === 'none')) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `This is a model of SetFit (${head}), whose classifier is not supported: it is a pickle as a rule, which runs code when it is opened. ` +
      'Its encoder alone can be packaged with --task feature-extraction.',
  );
}

export function noteLostClassifier(folder: SourceFolder): string[] {
  return findHead(folder) === undefined ? [] : ['the classifier of SetFit is not part of the package'];
}
