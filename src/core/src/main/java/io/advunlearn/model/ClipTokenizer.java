package io.advunlearn.model;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * CLIPTokenizerFast on the HF tokenizers library. Thread-safe.
 *
 * <p>As in transformers, a text that spells a special token ({@code <|endoftext|>}) gets that token's id.
 */
public final class ClipTokenizer implements AutoCloseable {

    private final HuggingFaceTokenizer tokenizer;
    private final ClipTokenizerFiles files;

    private ClipTokenizer(HuggingFaceTokenizer tokenizer, ClipTokenizerFiles files) {
        this.tokenizer = tokenizer;
        this.files = files;
    }

    /**
     * Reads {@code tokenizer.json}, or {@code vocab.json} and {@code merges.txt}.
     *
     * @throws IllegalArgumentException naming the file and what is wrong with it
     */
    public static ClipTokenizer load(Path directory) {
        return load(directory, null);
    }

    /**
     * As {@link #load(Path)}, for an encoder that was trained with another padding than the folder says.
     *
     * @param padding the token to pad with, {@code null} for the folder's own
     */
    public static ClipTokenizer load(Path directory, String padding) {
        ClipTokenizerFiles files = ClipTokenizerFiles.read(directory, padding);
        // cutting and padding are done here, where the cut text can be reported
        Map<String, String> options = Map.of("truncation", "false", "padding", "false", "addSpecialTokens", "false");
        try {
            byte[] json = files.tokenizerJson().getBytes(StandardCharsets.UTF_8);
            return new ClipTokenizer(HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options), files);
        } catch (IOException | RuntimeException e) {
            throw new IllegalArgumentException(directory + ": holds no usable CLIP tokenizer (" + e.getMessage() + ")", e);
        }
    }

    /**
     * @param ids exactly {@link #maxLength()} ids: BOS, text, EOS, padding
     * @param eos index of the first EOS
     * @param cut the text that did not fit, {@code ""} if all fitted
     */
    public record Encoding(int[] ids, int eos, String cut) { }

    public Encoding encode(String text) {
        ai.djl.huggingface.tokenizers.Encoding encoding = tokenizer.encode(text, false, false);
        long[] tokens = encoding.getIds();
        int room = maxLength() - 2;
        int count = Math.min(tokens.length, room);
        int[] ids = new int[maxLength()];
        Arrays.fill(ids, padId());
        ids[0] = bosId();
        for (int i = 0; i < count; i++) {
            ids[i + 1] = (int) tokens[i];
        }
        ids[count + 1] = eosId();
        return new Encoding(ids, firstEos(ids), tokens.length > room ? textFrom(text, encoding.getCharTokenSpans()[room]) : "");
    }

    /** The ids of every text, as {@link #encode} gives them: [texts][maxLength]. */
    public int[][] encodeAll(List<String> texts) {
        return texts.stream().map(text -> encode(text).ids()).toArray(int[][]::new);
    }

    /** The text's own ids: no BOS, EOS or padding, never cut. */
    public int[] tokenize(String text) {
        return Arrays.stream(tokenizer.encode(text, false, false).getIds()).mapToInt(Math::toIntExact).toArray();
    }

    /** The text of ids without special tokens, words separated by one space. */
    public String decode(int[] ids) {
        String decoded = tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), true);
        return decoded.replace("</w>", " ").strip();
    }

    public int maxLength() {
        return files.maxLength();
    }

    public int vocabSize() {
        return files.vocabSize();
    }

    public int bosId() {
        return files.bosId();
    }

    public int eosId() {
        return files.eosId();
    }

    public int padId() {
        return files.padId();
    }

    @Override
    public void close() {
        tokenizer.close();
    }

    private int firstEos(int[] ids) {
        int index = 0;
        while (ids[index] != eosId()) {
            index++;
        }
        return index;
    }

    /** The library counts code points. */
    private static String textFrom(String text, CharSpan span) {
        return text.substring(text.offsetByCodePoints(0, span.getStart()));
    }
}
