/**
 * The names that AllenNLP 2.10.1 and allennlp-models 2.10.1 register themselves, for what stands in a model or a reader. Any other name is
 * one of the team's own, whose code `--include-package` loaded.
 */
const NAMES = `
additive adversarial_bias_mitigator alternating_lstm association_without_ground_truth
attachment_scores auc augmented_lstm auto_regressive_seq_decoder average babi bag_of_embeddings
bag_of_word_counts bart bart_encoder basic basic_classifier bcn beam_search bert bert_pooler
biaffine_parser bias_mitigator_applicator bidaf bidaf-ensemble bidirectional-language-model
bidirectional_endpoint bidirectional_language_model_transformer bidirectional_lm_token_embedder
bilinear bimpm bleu boe boolean_accuracy boolq categorical_accuracy ccgbank character
character_encoding characters classification_normal classifier cls_pooler cnn cnn-highway cnn_dm
commonsenseqa compose composed_seq2seq conll2000 conll2003 conll_coref_scores constituency_parser
copynet_seq2seq coref cosine covariance crf_tagger decomposable_attention default deterministic
dialog_qa dot_product drop elmo_characters elmo_token_embedder elu embedding empty endpoint entropy
esim evalb extend f1 f1_multi_label fake faster_rcnn fbeta fbeta_multi_label fbeta_verbose feedforward
feedforward_regression_adversary flickr30k from_archive from_files from_instances from_pretrained
from_pretrained_transformer from_pretrained_transformer_and_instances gated-cnn-encoder gated-gelu
gelu gelu_fast gelu_new gpt2 gqa graph_parser gru gumbel hard hardtanh independence inlp
interleaving just_spaces language_model language_model_token_embedder leaky_relu
length-normalized-sequence-log-prob letters_digits linear log_sigmoid lstm lstm_cell
masked_language_model masked_language_modeling max_pooling mean_absolute_error mention_recall mish
multi_head_self_attention multinomial multitask multitask_shim naqanet next_token_lm nli nlvr2
nlvr2_from_huggingface normalize null ontonotes_ner oscar paired_pca pass_through pca
pearson_correlation perplexity piqa piqa_tt preco prelu pretrained_transformer
pretrained_transformer_mismatched ptb_trees pytorch_transformer qanet qanet_encoder
qanet_encoder_block qangaroo quac quora_paraphrase random rc-qanet relu relu6
repeated-ngram-blocking resnet_backbone rnn rouge scaled_dot_product self_attentive selu
semantic_dependencies separation seq2seq sequence-log-prob sequence_accuracy sequence_tagging
sharded sigmoid simple_language_modeling simple_seq2seq simple_tagger single_id snli softplus
softshrink softsign sp-graph-parser spacy span_f1 spearman_correlation squad squad1 squad2 srl
srl_bert srl_eval sst_tokens stacked_bidirectional_lstm stacked_self_attention sufficiency
superglue_record swag swish t5 tanh tanhshrink text_classification_json threshold top-k top-p torch
transformer transformer_classification_tt transformer_mc transformer_mc_tt transformer_qa
transformer_squad transformer_superglue_rte triviaqa two_means unigram_recall universal_dependencies
ve_vilbert ve_vilbert_from_huggingface vgqa vilbert vilbert_from_huggingface vilbert_ir
vilbert_ir_from_huggingface vision_model visual-entailment visual_entailment vqa vqa_vilbert
vqa_vilbert_from_huggingface vqav2 whitespace winobias
`;

const KNOWN: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

export function isAllenNlpName(type: string): boolean {
  return KNOWN.has(type);
}
