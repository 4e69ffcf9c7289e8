/**
 * The predictor that reads the JSON of a model where nobody names one: `default_predictor` of AllenNLP's models. An archive does not hold
 * its name.
 */
import { ToolchainError } from '../../errors.ts';

const BY_MODEL: Readonly<Record<string, string>> = {
  basic_classifier: 'text_classifier',
  simple_tagger: 'sentence_tagger',
  crf_tagger: 'sentence_tagger',
  multitask: 'multitask',
  decomposable_attention: 'textual_entailment',
  esim: 'textual_entailment',
  srl: 'semantic_role_labeling',
  srl_bert: 'semantic_role_labeling',
  biaffine_parser: 'biaffine_dependency_parser',
  constituency_parser: 'constituency_parser',
  coref: 'coreference_resolution',
  bidaf: 'reading_comprehension',
  qanet: 'reading_comprehension',
  'rc-qanet': 'reading_comprehension',
  naqanet: 'reading_comprehension',
  dialog_qa: 'dialog_qa',
  transformer_qa: 'transformer_qa',
  transformer_mc: 'transformer_mc',
  simple_seq2seq: 'seq2seq',
  composed_seq2seq: 'seq2seq',
  copynet_seq2seq: 'seq2seq',
  bart: 'seq2seq',
  t5: 'seq2seq',
  masked_language_model: 'masked_language_model',
  next_token_lm: 'next_token_lm',
};

/** Readers of another input than that of their model's default predictor, with which AllenNLP fails. */
const BY_READER: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  basic_classifier: { snli: 'textual_entailment', quora_paraphrase: 'textual_entailment' },
};

/** Names that AllenNLP knows a predictor by, too. */
const ALIASES: Readonly<Record<string, string>> = {
  'open-information-extraction': 'open_information_extraction',
  'sentence-tagger': 'sentence_tagger',
  'text-classification': 'text_classifier',
  'semantic-role-labeling': 'semantic_role_labeling',
  'coreference-resolution': 'coreference_resolution',
  'constituency-parser': 'constituency_parser',
  'biaffine-dependency-parser': 'biaffine_dependency_parser',
  'textual-entailment': 'textual_entailment',
  'reading-comprehension': 'reading_comprehension',
};

/** The predictors that a package can have. */
export const PREDICTORS: readonly string[] = [...new Set(Object.values(BY_MODEL))].sort();

/**
 * `model` and `reader` are registrable names.
 *
 * @throws ToolchainError SOURCE_UNSUPPORTED for a predictor of the team's own, which --include-package would load
 */
export function choosePredictor(model: string, reader: string, wanted: string | undefined): string {
  const usual = BY_READER[model]?.[reader] ?? BY_MODEL[model];
  const name = wanted === undefined ? usual : (ALIASES[wanted] ?? wanted);
  if (name !== undefined && PREDICTORS.includes(name)) return name;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The predictor '${wanted ?? model}' is not one of AllenNLP's that are supported: ${PREDICTORS.join(', ')}. ` +
      'For one of your own, add the archive with the predictor that its model has by default, and put your code around it (docs/how-to/from-allennlp.md).',
  );
}
