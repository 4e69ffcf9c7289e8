/** Finds the class of transformers that a folder's tokenizer is read with. */
import { CLASSES } from './classes.ts';
import type { TokenizerFiles } from './settings.ts';
import type { TokenizerClass } from './tokenizer-class.ts';

/** The classes of models, by their `model_type`, where no file names one. */
const OF_MODELS: Readonly<Record<string, string>> = {
  ...ofModels('Bert', 'bert ernie megatron-bert nezha nomic_bert qdqbert visual_bert'),
  ...ofModels('DistilBert', 'distilbert'),
  ...ofModels('Electra', 'electra'),
  ...ofModels('MobileBert', 'mobilebert'),
  ...ofModels('ConvBert', 'convbert'),
  ...ofModels('LayoutLM', 'layoutlm'),
  ...ofModels('Lxmert', 'lxmert'),
  ...ofModels('DPRQuestionEncoder', 'dpr'),
  ...ofModels('SqueezeBert', 'squeezebert'),
  ...ofModels('MPNet', 'mpnet'),
  ...ofModels('Funnel', 'funnel'),
  ...ofModels('Roberta', 'roberta data2vec-text ibert mega mra roberta-prelayernorm'),
  ...ofModels('Bart', 'bart'),
  ...ofModels('Longformer', 'longformer'),
  ...ofModels('LED', 'led'),
  ...ofModels('Mvp', 'mvp'),
  ...ofModels('GPT2', 'gpt2 gpt_bigcode gpt_neo gptj opt'),
  ...ofModels('Deberta', 'deberta'),
  ...ofModels('DebertaV2', 'deberta-v2'),
  ...ofModels('Albert', 'albert nystromformer yoso'),
  ...ofModels('XLNet', 'xlnet'),
  ...ofModels('Camembert', 'camembert'),
  ...ofModels('XLMRoberta', 'xlm-roberta xlm-roberta-xl xmod'),
  ...ofModels('MBart', 'mbart'),
  ...ofModels('Pegasus', 'pegasus pegasus_x'),
  ...ofModels('Marian', 'marian'),
  ...ofModels('T5', 't5 mt5 longt5 switch_transformers umt5'),
  ...ofModels('Gemma', 'gemma gemma2 gemma3 gemma3_text'),
  ...ofModels('Qwen2', 'qwen2 qwen3'),
  ...ofModels('Llama', 'llama mistral mixtral phi3'),
};

function ofModels(name: string, types: string): Record<string, string> {
  return Object.fromEntries(types.split(' ').map((type) => [type, `${name}Tokenizer`]));
}

/** A class: its name, and what is known of it. */
export interface FoundClass {
  readonly name: string | undefined;
  readonly known: TokenizerClass | undefined;
}

/** Finds the class that a file names, else the usual one of the model. */
export function findClass({ className, modelType }: TokenizerFiles): FoundClass {
  const name = className ?? (Object.hasOwn(OF_MODELS, modelType) ? OF_MODELS[modelType] : undefined);
  return { name, known: name === undefined ? undefined : CLASSES.get(name.replace(/Tokenizer$/, '')) };
}
