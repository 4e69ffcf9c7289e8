/** The tokenizer classes of transformers that a tokenizer can be built for: what each of them brings along by itself. */
import { GEMMA_CLASS, LLAMA_CLASS, MARIAN, QWEN2 } from './generator-classes.ts';
import type { Template } from './post-processors.ts';
import { albertLike, COMMON, DEBERTA, extraIds, fairseq, plain, T5 } from './sentence-piece.ts';
import { type SpecialTokens, specialToken } from './special-tokens.ts';
import type { TokenizerClass } from './tokenizer-class.ts';

const segments = (): Template => ({
  single: 'cls_token A sep_token',
  pair: 'cls_token A sep_token B:1 sep_token:1',
});
/** Two separators between texts, and one token type. */
const twoSeparators = (): Template => ({
  single: 'cls_token A sep_token',
  pair: 'cls_token A sep_token sep_token B sep_token',
});

const BERT_TOKENS: SpecialTokens = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};
const FAIRSEQ_TOKENS: SpecialTokens = {
  bos_token: '<s>',
  eos_token: '</s>',
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: specialToken('<mask>', { lstrip: true }),
};

const BERT: TokenizerClass = {
  kind: 'word-piece',
  file: 'vocab.txt',
  special: () => BERT_TOKENS,
  template: segments,
  typeIds: true,
};
const MPNET: TokenizerClass = {
  ...BERT,
  special: () => ({ ...FAIRSEQ_TOKENS, unk_token: '[UNK]' }),
  template: twoSeparators,
  typeIds: false,
};
const FUNNEL: TokenizerClass = {
  ...BERT,
  special: () => ({ ...FAIRSEQ_TOKENS, sep_token: '<sep>', cls_token: '<cls>', mask_token: '<mask>' }),
  template: () => ({ single: 'cls_token:2 A sep_token', pair: 'cls_token:2 A sep_token B:1 sep_token:1' }),
};

const ROBERTA: TokenizerClass = {
  kind: 'byte-level',
  file: 'vocab.json',
  // The releases of transformers do not agree on the space before a mask; see ADR-tokenizer-files.md.
  special: ({ add_prefix_space }) => ({
    ...FAIRSEQ_TOKENS,
    mask_token: specialToken('<mask>', { lstrip: !add_prefix_space }),
  }),
  template: () => 'roberta',
  typeIds: false,
};
const GPT2: TokenizerClass = {
  kind: 'byte-level',
  file: 'vocab.json',
  special: () => ({ bos_token: '<|endoftext|>', eos_token: '<|endoftext|>', unk_token: '<|endoftext|>' }),
  template: ({ add_bos_token }) =>
    add_bos_token ? { single: 'bos_token A', pair: 'bos_token A bos_token B' } : 'byte-level',
  typeIds: false,
};
const DEBERTA_V1: TokenizerClass = {
  kind: 'byte-level',
  file: 'vocab.json',
  special: () => ({
    ...BERT_TOKENS,
    bos_token: '[CLS]',
    eos_token: '[SEP]',
    mask_token: specialToken('[MASK]', { lstrip: true }),
  }),
  template: segments,
  typeIds: true,
};

const ALBERT: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'spiece.model',
  special: () => ({
    ...BERT_TOKENS,
    bos_token: '[CLS]',
    eos_token: '[SEP]',
    unk_token: '<unk>',
    pad_token: '<pad>',
    mask_token: specialToken('[MASK]', { lstrip: true }),
  }),
  template: segments,
  typeIds: true,
  pieces: { ...albertLike(true) },
};
const XLNET: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'spiece.model',
  special: () => ({ ...FAIRSEQ_TOKENS, sep_token: '<sep>', cls_token: '<cls>' }),
  further: () => ['<eop>', '<eod>'],
  template: () => ({
    single: 'A sep_token cls_token:2',
    pair: 'A sep_token B:1 sep_token:1 cls_token:2',
  }),
  typeIds: true,
  pieces: { ...albertLike(false) },
};
const XLM_ROBERTA: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'sentencepiece.bpe.model',
  special: () => FAIRSEQ_TOKENS,
  template: twoSeparators,
  typeIds: false,
  pieces: { ...COMMON, vocabulary: fairseq('<mask>'), unknownId: () => 3 },
};
const CAMEMBERT: TokenizerClass = {
  ...XLM_ROBERTA,
  further: () => ['<s>NOTUSED', '</s>NOTUSED', '<unk>NOTUSED'],
  pieces: {
    ...COMMON,
    vocabulary: (pieces) => [
      ...plain(['<s>NOTUSED', '<pad>', '</s>NOTUSED', '<unk>']),
      ...plain(['<unk>NOTUSED'], -100),
      ...pieces.slice(1),
      ...plain(['<mask>']),
    ],
    unknownId: () => 3,
  },
};
const DEBERTA_V2: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'spm.model',
  special: () => ({
    ...BERT_TOKENS,
    bos_token: '[CLS]',
    eos_token: '[SEP]',
  }),
  template: segments,
  typeIds: true,
  pieces: DEBERTA,
};
const T5_CLASS: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'spiece.model',
  special: () => ({ eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>' }),
  further: ({ extra_ids }) => extraIds(extra_ids),
  template: () => ({ single: 'A eos_token', pair: 'A eos_token B eos_token' }),
  typeIds: false,
  pieces: T5,
  // 4.57 writes "never" into files where nothing is said of it, and its slow class and 5.24 put the space nevertheless.
  spacesFirst: ({ add_prefix_space }) => add_prefix_space !== false,
};

/** The first tokens of Pegasus, which only its training used. */
const PEGASUS_UNUSED = Array.from({ length: 101 }, (_, index) => `<unk_${index + 2}>`);
const PEGASUS: TokenizerClass = {
  kind: 'sentence-piece',
  file: 'spiece.model',
  special: () => ({ eos_token: '</s>', unk_token: '<unk>', pad_token: '<pad>', mask_token: '<mask_2>' }),
  further: () => ['<mask_1>', ...PEGASUS_UNUSED],
  template: () => ({ single: 'A eos_token', pair: 'A B eos_token' }),
  typeIds: false,
  pieces: {
    ...COMMON,
    vocabulary: (pieces) => [
      ...plain(['<pad>', '</s>', '<mask_1>', '<mask_2>']),
      ...plain(PEGASUS_UNUSED, -100),
      ...pieces.slice(2),
    ],
    unknownId: (id) => id + 103,
  },
};

const MBART_LANGUAGES = (
  'ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ' +
  'ko_KR lt_LT lv_LV my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN'
).split(' ');
const MBART50_LANGUAGES = [
  ...MBART_LANGUAGES,
  ...(
    'af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ' +
    'ps_AF pt_XX sv_SE sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI'
  ).split(' '),
];
const MBART: TokenizerClass = {
  ...XLM_ROBERTA,
  further: () => MBART_LANGUAGES,
  rewritesProcessor: () => true,
  template: ({ src_lang }) => ({
    single: `A eos_token ${src_lang ?? 'en_XX'}`,
    pair: `A B eos_token ${src_lang ?? 'en_XX'}`,
  }),
  pieces: {
    ...COMMON,
    vocabulary: fairseq(...MBART_LANGUAGES, '<mask>'),
    unknownId: () => 3,
  },
};
const MBART50: TokenizerClass = {
  ...MBART,
  further: () => MBART50_LANGUAGES,
  template: ({ src_lang }) => ({
    single: `${src_lang ?? 'en_XX'} A eos_token`,
    pair: `${src_lang ?? 'en_XX'} A B eos_token`,
  }),
  pieces: {
    ...COMMON,
    vocabulary: fairseq(...MBART50_LANGUAGES, '<mask>'),
    unknownId: () => 3,
  },
};
/** By the name of the class without `Tokenizer`. */
export const CLASSES: ReadonlyMap<string, TokenizerClass> = new Map([
  ...'Bert Electra MobileBert ConvBert LayoutLM Lxmert DPRQuestionEncoder DPRContextEncoder DPRReader RetriBert Realm'
    .split(' ')
    .map((name) => [name, BERT] as const),
  ['DistilBert', { ...BERT, typeIds: false }],
  ['SqueezeBert', BERT],
  ['MPNet', MPNET],
  ['Funnel', FUNNEL],
  ...'Roberta Bart Longformer LED Mvp'.split(' ').map((name) => [name, ROBERTA] as const),
  ['GPT2', GPT2],
  ['Deberta', DEBERTA_V1],
  ['Albert', ALBERT],
  ['XLNet', XLNET],
  ['XLMRoberta', XLM_ROBERTA],
  ['Camembert', CAMEMBERT],
  ['DebertaV2', DEBERTA_V2],
  ['T5', T5_CLASS],
  ['MT5', T5_CLASS],
  ['Pegasus', PEGASUS],
  ['MBart', MBART],
  ['MBart50', MBART50],
  ['Marian', MARIAN],
  ['Llama', LLAMA_CLASS],
  ['Gemma', GEMMA_CLASS],
  ['Qwen2', QWEN2],
]);
