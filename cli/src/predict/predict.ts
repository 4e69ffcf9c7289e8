/** `pilotlight predict`: texts in, answers in the terminal. */

import { readConfig } from '@pilotlight/app/internal/settings/config';
import { engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { ownPredictors } from '@pilotlight/app/internal/settings/own-predictors';
import { Engine, listTasks, type OnnxManifest, type TaskName } from '@pilotlight/engine';
import { packagesFolder } from '../clone.ts';
import { findModel, listModels } from '../find-model.ts';
import { COMMAND_SETTINGS } from '../kit/environment.ts';
import { usageError } from '../kit/errors.ts';
import type { PredictLine } from './options.ts';
import { predictWithTransformersJs } from './predict-transformers-js.ts';
import { printAnswers } from './print-answers.ts';

/** @throws CliError, EngineError */
export async function predictTexts({ values, positionals: texts }: PredictLine): Promise<undefined> {
  const folder = packagesFolder(values.packages);
  const config = readConfig({ ...process.env, PILOTLIGHT_MODELS_DIR: folder }, COMMAND_SETTINGS);
  const engine = new Engine({ ...engineOptions(config), ...(await ownPredictors(config)) });
  const entries = await listModels(engine, folder);
  if (values.model === undefined) {
    const names = [...new Set(entries.map(({ name }) => name))].join(', ');
    throw usageError(`Name a model with --model; there are: ${names}.`);
  }
  const { name, version, manifest } = findModel(values.model, entries);
  if (manifest?.runtime === 'allennlp') {
    const { predictByArchive } = await import('./predict-archive.ts');
    await predictByArchive(engine, manifest, { values, texts }).finally(() => engine.dispose());
    return undefined;
  }
  if (values.input !== undefined) throw usageError('--input is for models of AllenNLP archives.');
  if (manifest?.runtime === 'transformers.js') {
    await predictWithTransformersJs(engine, manifest, texts).finally(() => engine.dispose());
    return undefined;
  }
  if (manifest?.runtime === 'generation') {
    const { predictByGenerator } = await import('./predict-generation.ts');
    await predictByGenerator(engine, manifest, { values, texts }).finally(() => engine.dispose());
    return undefined;
  }
  if (values.stream) throw usageError('--stream is for models that generate text.');
  const task = manifest ? chooseTask(values.task, manifest) : 'text-classification';
  const load = () => engine.predictor({ name, version });
  await printAnswers(load, task, { values, texts }).finally(() => engine.dispose());
  return undefined;
}

/** @throws CliError USAGE */
function chooseTask(wanted: string | undefined, manifest: OnnxManifest): TaskName {
  if (wanted === undefined) return manifest.task;
  const tasks = listTasks(manifest);
  const task = tasks.find((candidate) => candidate === wanted);
  if (task) return task;
  throw usageError(`Model ${manifest.name} cannot do ${wanted}; it can do ${tasks.join(', ')}.`);
}
