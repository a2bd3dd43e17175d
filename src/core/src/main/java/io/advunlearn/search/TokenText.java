package io.advunlearn.search;

import io.advunlearn.model.ClipTokenizer;
import io.advunlearn.tensor.Noise;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Token sequences as text that an attacker can send: the service takes no token ids, so only sequences that survive count. */
public final class TokenText {

    private static final int ATTEMPTS = 1000;

    private final ClipTokenizer tokenizer;
    private final int[] words;

    public TokenText(ClipTokenizer tokenizer) {
        this.tokenizer = tokenizer;
        words = IntStream.range(0, tokenizer.vocabSize())
                .filter(id -> id != tokenizer.bosId() && id != tokenizer.eosId() && id != tokenizer.padId()).toArray();
    }

    /** Every id but the special ones. */
    public int[] words() {
        return words.clone();
    }

    /** {@code count} ids drawn evenly, special ones excepted. */
    public int[] random(int count, Noise noise) {
        return IntStream.generate(() -> words[noise.nextInt(words.length)]).limit(count).toArray();
    }

    /** Random tokens for the free places; they survive as text in their prompt, unless none of many draws does. */
    public int[] surviving(TokenSearch.Slot slot, Noise noise) {
        int[] tokens = random(slot.free(), noise);
        for (int i = 0; i < ATTEMPTS && text(slot.fill(tokens)).isEmpty(); i++) {
            tokens = random(slot.free(), noise);
        }
        return tokens;
    }

    /** The text of ids, if tokenising it gives the same ids again. */
    public Optional<String> text(int[] ids) {
        String text = tokenizer.decode(ids);
        return Arrays.equals(tokenizer.tokenize(text), ids) ? Optional.of(text) : Optional.empty();
    }

    /** Draws until the sequence survives; a prompt that cannot survive itself is sent as it decodes. */
    public String surviving(Supplier<int[]> draw) {
        int[] ids = draw.get();
        for (int i = 0; i < ATTEMPTS; i++) {
            Optional<String> text = text(ids);
            if (text.isPresent()) {
                return text.get();
            }
            ids = draw.get();
        }
        return tokenizer.decode(ids);
    }

    /** Position of the end token in the window of ids. */
    public int end(int[] ids) {
        return Math.min(ids.length, tokenizer.maxLength() - 2) + 1;
    }

    /** The encoder's input: BOS, ids (cut to fit), EOS, padding. */
    public int[] window(int[] ids) {
        int[] window = new int[tokenizer.maxLength()];
        int used = Math.min(ids.length, window.length - 2);
        window[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, window, 1, used);
        window[used + 1] = tokenizer.eosId();
        Arrays.fill(window, used + 2, window.length, tokenizer.padId());
        return window;
    }

    /** One sequence after the other. */
    public static int[] join(int[]... parts) {
        return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
    }
}
