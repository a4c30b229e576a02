/** Turns a text into token ids, `[CLS]` first and `[SEP]` last. */
export type Tokenizer = (text: string) => number[];

/** The part of a Hugging Face tokenizer.json that this reads. */
interface TokenizerFile {
  model: {
    type: string;
    unk_token: string;
    continuing_subword_prefix: string;
    max_input_chars_per_word: number;
    vocab: Record<string, number>;
  };
}

/** Far more characters than `maxTokens` words need; what follows is not even normalised. */
const charactersRead = 32_768;

const invisible = /[\0\uFFFD]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Cn}\p{Co}]/gu;
const ideograph =
  /[\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF\u{20000}-\u{2A6DF}\u{2A700}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu;
/** Unicode punctuation, and the ASCII symbols that BERT counts as such. */
const punctuation = /([\p{P}$+<=>^`|~])/gu;

/**
 * The tokenizer of uncased BERT: clean, set ideographs and punctuation apart, lower case, drop accents, then split each
 * word greedily into the longest known pieces. Schuster and Nakajima (2012), "Japanese and Korean voice search"; Wu et
 * al. (2016), arXiv:1609.08144; normalisation as in google-research/bert, tokenization.py.
 *
 * @param file the parsed tokenizer.json
 * @param maxTokens length at which a text is cut, both ends' special tokens included
 */
export function createWordPieceTokenizer(file: unknown, maxTokens: number): Tokenizer {
  const { model } = file as TokenizerFile;
  const vocabulary = new Map(Object.entries(model.vocab));
  const special = (token: string): number => {
    const id = vocabulary.get(token);
    if (id === undefined) throw new Error(`The tokenizer's vocabulary lacks ${token}`);
    return id;
  };
  const [start, end, unknown] = [special('[CLS]'), special('[SEP]'), special(model.unk_token)];

  /** Greedy longest match from the left; a word with any unknown part is unknown as a whole. */
  function pieces(word: string): number[] {
    const characters = [...word];
    if (characters.length > model.max_input_chars_per_word) return [unknown];
    const ids: number[] = [];
    for (let from = 0; from < characters.length;) {
      const prefix = from === 0 ? '' : model.continuing_subword_prefix;
      let to = characters.length;
      let id = vocabulary.get(prefix + characters.slice(from, to).join(''));
      while (id === undefined && to > from + 1) id = vocabulary.get(prefix + characters.slice(from, --to).join(''));
      if (id === undefined) return [unknown];
      ids.push(id);
      from = to;
    }
    return ids;
  }

  return (text) => {
    const ids = [start];
    for (const word of normalize(text.slice(0, charactersRead)).split(' ')) {
      if (word !== '') ids.push(...pieces(word));
      if (ids.length >= maxTokens) break;
    }
    ids.length = Math.min(ids.length, maxTokens - 1);
    ids.push(end);
    return ids;
  };
}

/** Lower-case words and punctuation marks, separated by spaces. */
function normalize(text: string): string {
  return text
    .replace(invisible, '')
    .replace(ideograph, ' $& ')
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(punctuation, ' $1 ')
    .replace(/\s+/gu, ' ');
}
