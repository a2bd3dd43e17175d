package io.advunlearn.model;

import java.nio.file.Path;

/** CLIPTokenizerFast on the HF tokenizers library. Thread-safe. */
public final class ClipTokenizer implements AutoCloseable {

    /** Reads {@code tokenizer.json}, or {@code vocab.json} and {@code merges.txt}. */
    public static ClipTokenizer load(Path directory) { throw new IllegalStateException("being written"); }

    /**
     * @param ids exactly {@link #maxLength()} ids: BOS, text, EOS, padding
     * @param eos index of the first EOS
     * @param cut the text that did not fit, {@code ""} if all fitted
     */
    public record Encoding(int[] ids, int eos, String cut) { }

    public Encoding encode(String text) { throw new IllegalStateException("being written"); }

    /** The text's own ids: no BOS, EOS or padding, never cut. */
    public int[] tokenize(String text) { throw new IllegalStateException("being written"); }

    public String decode(int[] ids) { throw new IllegalStateException("being written"); }

    public int maxLength() { throw new IllegalStateException("being written"); }

    public int vocabSize() { throw new IllegalStateException("being written"); }

    public int bosId() { throw new IllegalStateException("being written"); }

    public int eosId() { throw new IllegalStateException("being written"); }

    public int padId() { throw new IllegalStateException("being written"); }

    @Override
    public void close() { }
}
