/** Chooses the judge of a model, by its task and by the fields of the rows. */
import type { ArchiveTaskName, BulkModel, OnnxManifest } from '@pilotlight/engine';
import { LifecycleError } from '../../errors.ts';
import type { Row } from '../dataset/read-rows.ts';
import { answerJudge } from './answers.ts';
import { eraseJudge, type Judge, type JudgeOptions } from './judge.ts';
import { labelJudge } from './labels.ts';
import { maskJudge } from './masks.ts';
import { rankingJudge } from './rankings.ts';
import { scoreJudge } from './scores.ts';
import { tagJudge } from './tags.ts';
import { textJudge } from './texts.ts';

/** The task by which a model is judged, and its judge. */
export interface ChosenJudge {
  readonly task: string;
  readonly judge: Judge;
}

/** @throws LifecycleError NOT_EVALUABLE for a model whose answers are not compared with labels, with those that are */
export function chooseJudge(
  model: BulkModel,
  parameters: Readonly<Record<string, unknown>>,
  rows: readonly Row[],
): ChosenJudge {
  const options: JudgeOptions = { model, parameters };
  const { manifest } = model;
  const chosen =
    manifest.runtime === 'onnx'
      ? judgeOfTask(manifest, options, (field) => rows.some(({ fields }) => field in fields))
      : manifest.runtime === 'allennlp'
        ? judgeOfArchive(manifest.tasks, options)
        : manifest.runtime === 'generation' && chosenAs('text-generation', textJudge(options));
  if (chosen) return chosen;
  throw notEvaluable(manifest.name, manifest.task);
}

function judgeOfTask(
  { task, labels }: Pick<OnnxManifest, 'task' | 'labels'>,
  options: JudgeOptions,
  has: (field: string) => boolean,
): ChosenJudge {
  switch (task) {
    case 'text-classification':
      if (labels.length === 1 && has('relevance')) return ranking(options, 'text-ranking');
      if (labels.length === 1 && has('score')) return chosenAs(task, scoreJudge({ ...options, task }));
      return chosenAs(task, labelJudge({ ...options, task, labels }));
    case 'zero-shot-classification':
      return chosenAs(task, labelJudge({ ...options, task }));
    case 'token-classification':
      return chosenAs(task, tagJudge(options));
    case 'question-answering':
      return chosenAs(task, answerJudge(options));
    case 'fill-mask':
      return chosenAs(task, maskJudge(options));
    case 'text-ranking':
      return ranking(options, task);
    case 'sentence-similarity':
    case 'feature-extraction': {
      const asked = 'sentence-similarity';
      return has('relevance')
        ? ranking(options, asked)
        : chosenAs(asked, scoreJudge({ ...options, task: asked }));
    }
  }
}

function ranking(options: JudgeOptions, task: 'text-ranking' | 'sentence-similarity'): ChosenJudge {
  return chosenAs(task, rankingJudge({ ...options, task, byCosine: task === 'sentence-similarity' }));
}

/** By the first task of the archive that rows can be judged by. */
function judgeOfArchive(tasks: readonly ArchiveTaskName[], options: JudgeOptions): ChosenJudge | undefined {
  for (const task of tasks) {
    if (task === 'text-classification') return chosenAs(task, labelJudge({ ...options, task }));
    if (task === 'token-classification') return chosenAs(task, tagJudge(options));
    if (task === 'question-answering') return chosenAs(task, answerJudge(options));
    if (task === 'text2text-generation') return chosenAs(task, textJudge(options));
  }
  return undefined;
}

function chosenAs<Gold, Facts>(task: string, judge: Judge<Gold, Facts>): ChosenJudge {
  return { task, judge: eraseJudge(judge) };
}

const EVALUABLE =
  'models of text-classification, token-classification, question-answering, fill-mask, zero-shot-classification, sentence-similarity, feature-extraction and text-ranking, models that generate, and archives that classify, tag, answer questions or write texts';

export function notEvaluable(name: string, task: string): LifecycleError {
  const message = `Model ${name} is for ${task}, whose answers are not compared with labels. What can be evaluated: ${EVALUABLE}.`;
  return new LifecycleError('NOT_EVALUABLE', message);
}
