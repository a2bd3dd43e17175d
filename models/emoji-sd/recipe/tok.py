"""CLIP-format byte-level BPE tokenizer, encoding only. The vocabulary (1514 entries, every caption word one token) is taken as it is:
vocab.json and merges.txt in EMOJI_WORK/tokenizer (they were trained once on the captions of a larger list of objects and styles
and on emojibase-data labels and tags, MIT)."""
import json, re, unicodedata
PAT = re.compile(r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[^\W\d_]+|\d|(?:[^\s\w]|_)+", re.I)
BOS, EOS = '<|startoftext|>', '<|endoftext|>'


def byte_map():
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    m, n = {}, 0
    for b in keep:
        m[b] = chr(b)
    for b in range(256):
        if b not in m:
            m[b] = chr(256 + n); n += 1
    return m


BM = byte_map()


def words(text):
    text = unicodedata.normalize('NFC', text)
    return PAT.findall(re.sub(r'\s+', ' ', text).strip().lower())


class Tokenizer:
    def __init__(s, folder):
        s.vocab = json.load(open(f'{folder}/vocab.json', encoding='utf-8'))
        L = open(f'{folder}/merges.txt', encoding='utf-8').read().strip().split('\n')[1:]
        s.rank = {tuple(l.split()): i for i, l in enumerate(L)}
        s.cache, s.sent = {}, {}

    def bpe(s, w):
        if w in s.cache:
            return s.cache[w]
        p = [BM[b] for b in w.encode('utf-8')]
        p[-1] += '</w>'
        while len(p) > 1:
            r, i = min((s.rank.get((p[i], p[i + 1]), 1 << 30), i) for i in range(len(p) - 1))
            if r == 1 << 30:
                break
            a, b = p[i], p[i + 1]
            q, j = [], 0
            while j < len(p):
                if j < len(p) - 1 and p[j] == a and p[j + 1] == b:
                    q.append(a + b); j += 2
                else:
                    q.append(p[j]); j += 1
            p = q
        s.cache[w] = p
        return p

    def encode(s, text, n=77):
        ids = [s.vocab[BOS]]
        for w in words(text):
            ids += [s.vocab[w]] if w in (BOS, EOS) else [s.vocab[t] for t in s.bpe(w)]
        ids = ids[:n - 1] + [s.vocab[EOS]]
        return ids + [s.vocab[EOS]] * (n - len(ids))
